package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/subject"
)

// An Execution is a plan that is ready to be executed.
type Execution struct {
	Plan     plan.Plan
	Launcher *subject.Launcher
	Results  string    // parent of the run's directory
	Version  string    // version of forktax
	Began    time.Time // when the first target was started; zero if none was
	Judges   Judges
	Progress func(Progress) // see Runner
	Announce func(Forecast)
	Lost     func(plan.Lost)

	Cold []ColdProgram // if Plan.Cold is set

	// Database describes the database server of the programs; nil if there is none.
	Database func(context.Context) (*record.Database, error)
	Wall     func() time.Time // see Runner
	Place    func(start int) (shared bool, err error)
	// Stop stops the servers that were started for the run; nil if there are none.
	Stop func() error
}

// Judges decide from the record in dir how a run continues. Packages analysis and check implement them.
type Judges struct {
	Latest  func(dir string) (plan.ObjectiveStatus, error)
	Missing func(dir string) func() ([]int, error)
	Next    func(dir string) func(starts int, elapsed time.Duration) (NextStart, error)
	Agree   func(before, after []float64) bool // see Runner
}

// Execute executes the plan. dir is the directory of the record, "" if nothing was measured. failure is the reason why
// the run ended early; unwritten is the error of writing the record.
func (e *Execution) Execute(ctx context.Context) (dir string, failure, unwritten error) {
	rec, head, err := e.begin(ctx)
	if err != nil {
		return "", errors.Join(err, e.stop()), nil
	}
	lost, failure := e.visitAll(ctx, rec)
	failure = errors.Join(failure, unchanged(head.Environment.Programs))
	failure = errors.Join(failure, e.stop()) // before Finish, as the record contains the failure
	for _, l := range lost {
		unwritten = errors.Join(unwritten, rec.AddLost(l))
	}
	unwritten = errors.Join(unwritten, rec.Finish(tail(head, failure)))
	if rec.Blocks == 0 {
		return "", failure, errors.Join(unwritten, os.RemoveAll(rec.Dir))
	}
	return rec.Dir, failure, unwritten
}

func (e *Execution) stop() error {
	if e.Stop == nil {
		return nil
	}
	return e.Stop()
}

// begin creates the record.
func (e *Execution) begin(ctx context.Context) (*record.Record, record.Head, error) {
	served := e.Launcher.Served()
	for _, s := range served { // before the start, which maps the file
		if err := machine.NormalizePageCache(s.Path); err != nil {
			return nil, record.Head{}, err
		}
	}
	head, err := e.head(served)
	if err != nil {
		return nil, head, err
	}
	if e.Database != nil {
		if head.Environment.Database, err = e.Database(ctx); err != nil {
			return nil, head, err
		}
	}
	rec, err := record.Create(filepath.Join(e.Results, head.ID), head)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.ENOTDIR) {
		return nil, head, subject.InvalidOption("results", "%q: %v: must be a writable directory", e.Results, err)
	}
	return rec, head, err
}

// visitAll executes the plan with a Runner. It returns the targets that were lost.
func (e *Execution) visitAll(ctx context.Context, rec *record.Record) ([]plan.Lost, error) {
	r := Runner{Plan: e.Plan, Launcher: e.Launcher, Engines: load.Engines(), Record: rec, Machine: machine.Counters,
		Progress: e.Progress, Announce: e.Announce, Began: e.Began, Agree: e.Judges.Agree,
		Lost: e.Lost, Wall: e.Wall, Place: e.Place}
	if e.Judges.Missing != nil {
		r.Missing = e.Judges.Missing(rec.Dir)
	}
	var err error
	switch {
	case e.Plan.Cold:
		err = r.Cold(ctx, e.Cold, machine.Evict)
	case e.Plan.Searched:
		err = r.Search(ctx, func() (plan.ObjectiveStatus, error) { return e.Judges.Latest(rec.Dir) })
	case e.Plan.Check == nil && e.Plan.Part != nil:
		err = r.RunPart(ctx)
	case e.Plan.Check != nil:
		err = r.RunStarts(ctx, e.Judges.Next(rec.Dir))
	default:
		err = r.Run(ctx)
	}
	cause := context.Cause(ctx)
	if cause == nil {
		return r.failures(), err
	}
	var stop *StopError
	if errors.As(err, &stop) {
		return r.failures(), fmt.Errorf("%w: %w", cause, stop)
	}
	return r.failures(), cause // the cause of all other errors
}

func (e *Execution) head(served []subject.Served) (record.Head, error) {
	began := time.Now()
	head := record.Head{
		Schema: record.Schema,
		ID: fmt.Sprintf("%s-%04x", began.UTC().Format("20060102-150405"), rand.IntN(1<<16)) +
			partSuffix(e.Plan.Part),
		Started:     began,
		Version:     e.Version,
		Plan:        e.Plan.Redacted(),
		Environment: machine.Environment(),
		Hosts:       e.Plan.Hosts(),
	}
	for _, s := range served {
		described, err := machine.Program(s.Name, s.Path)
		if err != nil {
			return record.Head{}, err
		}
		described.Variants = s.Variants
		head.Environment.Programs = append(head.Environment.Programs, described)
	}
	return head, nil
}

// partSuffix returns the end of the ID of a part, which may be stored beside those of other machines: "-2of8".
func partSuffix(p *plan.Part) string {
	if !p.IsOne() {
		return ""
	}
	return fmt.Sprintf("-%dof%d", p.Number, p.Of)
}

// unchanged returns an error if the file of a program changed since the run began.
func unchanged(programs []record.Program) error {
	for _, was := range programs {
		switch is, err := machine.Program(was.Workload, was.Path); {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s was removed during the measurement; restore it and measure again", was.Path)
		case err != nil || is.SHA256 != was.SHA256:
			return fmt.Errorf("%s changed during the measurement: results may be of either version; measure again", was.Path)
		}
	}
	return nil
}

func tail(head record.Head, failure error) record.Tail {
	t := record.Tail{Complete: failure == nil, LengthNS: int64(time.Since(head.Started))}
	if failure != nil {
		t.Condition = failure.Error()
	}
	return t
}
