package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/subject"
)

// An undertaking is a run that is ready to be carried out.
type undertaking struct {
	plan     plan.Plan
	launcher *subject.Launcher
	database databaseServer // nil if there is none
	stop     func() error   // ends it; nil if there is nothing to end
	began    time.Time      // when the first target was started, if it was
}

// carryOut measures. It returns the folder of the record, "" if nothing was measured, why the run ended if it was not
// done, and what of the record could not be written.
func (u undertaking) carryOut(ctx context.Context, results string, stderr io.Writer) (dir string, failure,
	unwritten error) {
	record, head, err := u.begin(ctx, results)
	if err != nil {
		return "", errors.Join(err, u.end()), nil
	}
	failure = u.visitAll(ctx, record, stderr)
	if u.plan.Check != nil {
		failure = errors.Join(failure, unchanged(head.Environment.Programs))
	}
	failure = errors.Join(failure, u.end()) // why it ended, if it did, belongs to the record
	unwritten = record.Finish(tail(head, failure))
	if record.Blocks == 0 {
		return "", failure, errors.Join(unwritten, os.RemoveAll(record.Dir))
	}
	return record.Dir, failure, unwritten
}

func (u undertaking) end() error {
	if u.stop == nil {
		return nil
	}
	return u.stop()
}

// begin begins the record.
func (u undertaking) begin(ctx context.Context, results string) (*record.Record, record.Head, error) {
	if err := settle(u.launcher.Programs, u.launcher.Variants); err != nil {
		return nil, record.Head{}, err
	}
	head, err := newHead(u.plan, u.launcher.Programs, u.launcher.Variants)
	if err != nil {
		return nil, head, err
	}
	if u.database != nil {
		if head.Environment.Database, err = u.database.Description(ctx); err != nil {
			return nil, head, err
		}
	}
	record, err := record.Create(filepath.Join(results, head.ID), head)
	return record, head, err
}

// visitAll carries out the plan on targets of its own.
func (u undertaking) visitAll(ctx context.Context, record *record.Record, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return fmt.Errorf("making a folder for the data of the targets: %w", err)
	}
	defer os.RemoveAll(dir)
	u.launcher.Dir = dir
	p := newProgress(stderr, u.plan)
	defer p.end()
	defer context.AfterFunc(ctx, func() { p.say("ending the targets in order; a second Ctrl-C ends them at once") })()
	runner := run.Runner{
		Plan:     u.plan,
		Launcher: u.launcher,
		Engines:  load.Engines(),
		Record:   record,
		Machine:  machine.Counters,
		Progress: p.show,
		Announce: p.announce,
		Began:    u.began,
		Missing:  analysis.NewTally(record.Dir).Missing,
	}
	switch {
	case u.plan.Searched:
		err = runner.Search(ctx, func() (plan.Verdict, error) { return latest(record.Dir) })
	case u.plan.Check != nil:
		err = runner.Check(ctx, standing(record.Dir))
	default:
		err = runner.Run(ctx)
	}
	cause := context.Cause(ctx)
	if cause == nil {
		return err
	}
	var stop *run.StopError
	if errors.As(err, &stop) {
		return fmt.Errorf("%w: %w", cause, stop)
	}
	return cause // what else failed then, failed because of it
}

func newHead(plan plan.Plan, programs []subject.Program, variants []subject.Variant) (record.Head, error) {
	began := time.Now()
	head := record.Head{
		Schema:      record.Schema,
		ID:          fmt.Sprintf("%s-%04x", began.UTC().Format("20060102-150405"), rand.IntN(1<<16)),
		Started:     began,
		Version:     version(),
		Plan:        plan,
		Environment: machine.Environment(),
	}
	for _, s := range serving(programs, variants) {
		described, err := machine.Program(s.Name, s.Path)
		if err != nil {
			return record.Head{}, err
		}
		described.Variants = s.variants
		head.Environment.Programs = append(head.Environment.Programs, described)
	}
	return head, nil
}

func tail(head record.Head, failure error) record.Tail {
	t := record.Tail{Complete: failure == nil, LengthNS: int64(time.Since(head.Started))}
	if failure != nil {
		t.Condition = failure.Error()
	}
	return t
}
