package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/machine"
	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/stats/sequential"
	"forktax/bench/subject"
)

const (
	// predicted is the workload by which SmallestChange predicts.
	predicted = "hello"
	// Predicting is how long it measures.
	Predicting = 4 * time.Second
)

// SmallestChange predicts what a check with all defaults finds on this machine: the smallest --must-catch with which it
// decides in its time, by each gate. What it does goes to log.
func SmallestChange(ctx context.Context, l *subject.Launcher, log io.Writer) ([]machine.SmallestChange, error) {
	programs, err := subject.NewFinder(log).Find(ctx, []string{predicted})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "measuring for %v\n", Predicting)
	return Predict(ctx, programs[0], l, Predicting, DefaultBudget, 1+rand.Uint64N(1_000_000))
}

// predictedStart is how long a start of the targets is measured for a prediction: as in the third stage of a check.
const predictedStart = 200 * time.Millisecond

// Predict measures a workload program against itself for a while, and works out from its noise what a check of so long
// would find by each gate on which a pass rests, but page faults, which have hardly any noise.
func Predict(ctx context.Context, program subject.Program, l *subject.Launcher, measuring, budget time.Duration, seed uint64) (
	[]machine.SmallestChange, error) {
	_, gates := analysis.Gated()
	all := len(gates)
	gates = slices.DeleteFunc(gates, func(g string) bool { return analysis.IsSecondary(g) || g == analysis.MetricFaults })
	o := &Options{Margin: sequential.DefaultMargin, MustCatch: sequential.DefaultMustCatch, Alpha: sequential.DefaultAlpha,
		Budget: measuring, Gates: gates, Seed: seed}
	d, blocks, err := o.againstItself(ctx, program, l)
	if err != nil {
		return nil, err
	}
	var measured, elapsed float64 // seconds
	starts := 0
	for _, b := range blocks {
		if b.Cell == 0 {
			measured += time.Duration(b.LengthNS).Seconds()
		}
		starts, elapsed = max(starts, b.Start+1), max(elapsed, time.Duration(b.BeganNS+b.LengthNS).Seconds())
	}
	rule := sequential.Rule{Margin: o.Margin, Alpha: o.Alpha}
	var found []machine.SmallestChange
	for i, series := range d.Gates {
		if starts < 2 {
			return nil, fmt.Errorf("the targets were started %d times in %v, and two starts are needed", starts, measuring)
		}
		perSecond := float64(len(slices.Concat(series...))) / measured
		pairs := sequential.StartPairs(budget.Seconds(), firstStart.Seconds(), (elapsed-measured)/float64(starts), perSecond)
		found = append(found, machine.SmallestChange{Gate: gates[i],
			Change: rule.Detectable(sequential.NoiseOf(series).StandardError(pairs), all)})
	}
	return found, nil
}

// againstItself measures a program as base and as candidate until the budget is over, without a control and a floor.
func (o *Options) againstItself(ctx context.Context, program subject.Program, l *subject.Launcher) (d sequential.Data,
	blocks []record.Block, failed error) {
	same := side{title: program.Name, path: program.Path, keeps: &program}
	c := &comparison{Options: o, workload: program.Description, asked: subject.Known(program.Requests), sides: [2]side{same, same}}
	c.equip(l)
	p, err := c.plan(nil, nil, false)
	if err != nil {
		return d, nil, err
	}
	p.Check.Control, p.Check.BaseControl = "", ""
	p.Cells = slices.DeleteFunc(p.Cells, func(c record.Cell) bool { return c.Model == controlName })
	e := &run.Execution{Launcher: l, Plan: p}
	e.Judges.Next = func(string) func(int, time.Duration) (run.NextStart, error) {
		return func(_ int, elapsed time.Duration) (next run.NextStart, _ error) {
			if elapsed < o.Budget {
				next = run.NextStart{Length: predictedStart, Until: o.Budget}
			}
			return next, nil
		}
	}
	var remove func() error
	if e.Results, remove, err = process.TempDir("a prediction"); err != nil {
		return d, nil, err
	}
	defer func() { failed = errors.Join(failed, remove()) }()
	dir, failure, unwritten := e.Execute(ctx)
	if err := errors.Join(failure, unwritten); err != nil {
		return d, nil, err
	}
	result, err := record.Read(dir)
	if err != nil {
		return d, nil, err
	}
	d, err = analysis.CheckData(result)
	return d, result.Blocks, err
}
