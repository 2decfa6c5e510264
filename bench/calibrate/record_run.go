package calibrate

import (
	"errors"
	"path/filepath"
	"time"

	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/run"
)

// recordRun has a runner make a record as any run does, in a temporary directory, and use read it while it is there.
func recordRun(r run.Runner, execute func(r *run.Runner) error, use func(*record.Result) error) error {
	dir, remove, err := process.TempDir("a run")
	if err != nil {
		return err
	}
	defer remove()
	r.Record, err = record.Create(filepath.Join(dir, "run"), record.Head{Schema: record.Schema, ID: "calibration",
		Plan: r.Plan, Started: time.Now()})
	if err != nil {
		return err
	}
	if err := errors.Join(execute(&r), r.Record.Finish(record.Tail{Complete: true})); err != nil {
		return err
	}
	result, err := record.Read(r.Record.Dir)
	if err != nil {
		return err
	}
	return use(result)
}
