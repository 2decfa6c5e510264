package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/run"
	"forktax/bench/servers"
	"forktax/bench/subject"
)

// Prepare finds the two programs, compares their counts, and returns the execution, whose Execute measures until the
// sequential test has decided. It adds the programs, and the servers that they need, to the launcher. Messages go to
// log.
func (o *Options) Prepare(ctx context.Context, l *subject.Launcher, data *servers.Options, log io.Writer) (
	*run.Execution, error) {
	o.Seed += uint64(o.Part.Number) * partSeed
	if err := o.countable(ctx); err != nil {
		return nil, err
	}
	finder := data.Finder(log)
	c, err := o.compare(ctx, finder, log)
	if err != nil {
		return nil, err
	}
	c.addSideTraps()
	c.equip(l)
	if err := data.Suits(l); err != nil {
		return nil, err
	}
	database, stop, err := data.Start(ctx, l, log)
	if err != nil {
		return nil, err
	}
	e, err := c.prepare(ctx, l, finder, database)
	if err == nil {
		err = o.reportLeftOut(e.Plan, log)
	}
	if err != nil {
		return nil, errors.Join(err, stop())
	}
	e.Plan.Traps = c.traps.Found
	e.Stop = stop
	return e, nil
}

// partSeed makes the parts of a check visit their programs in different orders.
const partSeed = 1_000_003

// reportLeftOut logs each gate that the check leaves out, one per line. With RequireAll it returns an error instead.
func (o *Options) reportLeftOut(p plan.Plan, log io.Writer) error {
	leftOut := analysis.LeftOutLines(p.Check.LeftOut)
	if p.FloorMissing != "" {
		leftOut = append(leftOut, "the floor: "+p.FloorMissing)
	}
	if o.RequireAll && o.BaseResult == "" && len(leftOut) > 0 { // a stored base never has counts
		return fmt.Errorf("--require-all: %s", strings.Join(leftOut, "; "))
	}
	for _, line := range leftOut {
		fmt.Fprintf(log, "left out: %s\n", foreign.Line(line))
	}
	return nil
}

// A Pair is one workload program in two environments.
type Pair struct {
	Program         subject.Program
	Base, Candidate map[string]string
}

// OfPair checks the pair and returns the result. It removes its record.
func (o *Options) OfPair(ctx context.Context, p Pair, l *subject.Launcher, finder *subject.Finder) (
	*analysis.Check, error) {
	c := &comparison{Options: o, workload: p.Program.Description, asked: subject.Known(p.Program.Requests), sides: [2]side{
		{title: baseName, path: p.Program.Path, keeps: &p.Program, env: p.Base},
		{title: candidateName, path: p.Program.Path, keeps: &p.Program, env: p.Candidate}}}
	c.equip(l)
	e, err := c.prepare(ctx, l, finder, nil)
	if err != nil {
		return nil, err
	}
	var found *analysis.Check
	err = executeAside(ctx, e, func(dir string) error {
		a, err := analysis.AnalyzeDir(dir)
		if err == nil {
			found = a.Check
		}
		return err
	})
	return found, err
}

// executeAside runs the execution in a temporary directory, calls use with the directory of the record, and removes it.
func executeAside(ctx context.Context, e *run.Execution, use func(dir string) error) error {
	results, remove, err := process.TempDir("a check")
	if err != nil {
		return err
	}
	e.Results = results
	dir, failure, unwritten := e.Execute(ctx)
	if err = errors.Join(failure, unwritten); err == nil {
		err = use(dir)
	}
	return errors.Join(err, remove())
}

func percent(share float64) string { return strconv.FormatFloat(100*share, 'g', 10, 64) + "%" }
