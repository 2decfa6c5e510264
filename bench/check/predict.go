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
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/stats/sequential"
	"forktax/bench/subject"
	"forktax/bench/units"
)

const (
	// predicted is the workload by which SmallestChange predicts.
	predicted = "hello"
	// Predicting is how long SmallestChange measures.
	Predicting = 6 * time.Second
)

// ErrNotTried is returned when the program that SmallestChange measures is not available. Other programs may be.
var ErrNotTried = errors.New("the built-in program is not available")

// SmallestChange predicts the sensitivity of a check with default options on this machine: for each gate, the smallest
// --must-catch with which it decides within its budget. Messages go to log.
func SmallestChange(ctx context.Context, l *subject.Launcher, log io.Writer) ([]machine.SmallestChange, error) {
	finder := subject.NewFinder(log)
	programs, err := finder.Find(ctx, []string{predicted})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotTried, err)
	}
	fmt.Fprintf(log, "measuring for %s\n", units.Span(Predicting))
	return Predict(ctx, programs[0], l, finder, DefaultBudget, 1+rand.Uint64N(1_000_000))
}

// predictedStart is how long a start of the targets is measured for a prediction: the length of a check's third stage.
const predictedStart = 200 * time.Millisecond

// Predict measures a workload program against itself for a few seconds. From the noise it computes the smallest change
// that a check with this budget would find, for each gate on which a pass rests. Page faults have hardly any noise and
// are left out.
func Predict(ctx context.Context, program subject.Program, l *subject.Launcher, finder *subject.Finder,
	budget time.Duration, seed uint64) ([]machine.SmallestChange, error) {
	return predictionOptions(Predicting, seed).againstItself(ctx, program, l, finder, method{sameStarts,
		func(s sequential.Series, blocks []record.Block) (float64, error) {
			return predictError(s, blocks, budget)
		}})
}

// Reached checks a workload program against itself for the whole budget, with floor and control; no look ends it. From
// the standard errors of its estimates it computes the smallest change that the check would have found.
func Reached(ctx context.Context, program subject.Program, l *subject.Launcher, finder *subject.Finder,
	budget time.Duration, seed uint64) ([]machine.SmallestChange, error) {
	return predictionOptions(budget, seed).againstItself(ctx, program, l, finder, method{undecided, reachedError})
}

// A method measures a program against itself (next). It derives the standard error of a check from a series and its
// blocks (standardError).
type method struct {
	next          func(plan.Plan) func(dir string) func(int, time.Duration) (run.NextStart, error)
	standardError func(sequential.Series, []record.Block) (float64, error)
}

func predictionOptions(measuring time.Duration, seed uint64) *Options {
	_, gates := analysis.Gated()
	gates = slices.DeleteFunc(gates, func(g string) bool { return analysis.IsSecondary(g) || g == analysis.MetricFaults })
	return &Options{Margin: sequential.DefaultMargin, MustCatch: sequential.DefaultMustCatch,
		Alpha: sequential.DefaultAlpha, Budget: measuring, Gates: gates, Seed: seed}
}

// smallestChanges computes, for each gate, the smallest change that a check with all gates finds. With several requests
// the noisiest one counts.
func (o *Options) smallestChanges(r *record.Result, m method) ([]machine.SmallestChange, error) {
	d, err := analysis.CheckData(r)
	if err != nil {
		return nil, err
	}
	a, err := analysis.Analyze(r)
	if err != nil {
		return nil, err
	}
	for _, c := range a.Cells {
		if (c.Model == baseName || c.Model == candidateName) && c.TooManyInvalid() {
			return nil, fmt.Errorf("more than a fifth of the blocks are invalid: %s", c.Invalid)
		}
	}
	_, all := analysis.Gated()
	rule := sequential.Rule{Margin: o.Margin, Alpha: o.Alpha}
	requests := len(d.Gates) / len(o.Gates)
	var found []machine.SmallestChange
	for i, gate := range o.Gates {
		c := machine.SmallestChange{Gate: gate}
		for _, series := range d.Gates[i*requests : (i+1)*requests] {
			e, err := m.standardError(series, r.Blocks)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", gate, err)
			}
			c.Change = max(c.Change, rule.Detectable(e, len(all)*requests))
		}
		found = append(found, c)
	}
	return found, nil
}

// leastStarts is the number of starts with a valid pair that an estimate of the noise needs.
const leastStarts = 4

// enough returns an error if the series has too few valid starts.
func enough(s sequential.Series) error {
	valid := 0
	for _, start := range s {
		if len(start) > 0 {
			valid++
		}
	}
	if valid < leastStarts {
		return fmt.Errorf("only %d of %d starts of the targets have a valid pair; at least %d are needed", valid, len(s),
			leastStarts)
	}
	return nil
}

// predictError predicts the standard error of a check with this budget from a series and its blocks.
func predictError(s sequential.Series, blocks []record.Block, budget time.Duration) (float64, error) {
	if err := enough(s); err != nil {
		return 0, err
	}
	measured, overhead := timeOf(blocks)
	perSecond := float64(len(slices.Concat(s...))) / measured
	pairs := sequential.StartPairs(budget.Seconds(), firstStart.Seconds(), overhead, perSecond)
	return sequential.NoiseOf(s).StandardError(pairs), nil
}

// timeOf returns how long the targets were measured in total, including the gaps between their visits, and the mean
// overhead of a start; both in seconds. The blocks are in the order in which they began.
func timeOf(blocks []record.Block) (measured, overhead float64) {
	starts := 0.0
	var began, ended int64 // times at which a start began and ended, in ns
	for i, b := range blocks {
		if i == 0 || b.Start != blocks[i-1].Start {
			measured += time.Duration(ended - began).Seconds()
			starts++
			began = b.BeganNS
		}
		ended = b.BeganNS + b.LengthNS
	}
	measured += time.Duration(ended - began).Seconds()
	return measured, (time.Duration(ended).Seconds() - measured) / starts
}

// reachedError returns the standard error of the estimate over all starts.
func reachedError(s sequential.Series, _ []record.Block) (float64, error) {
	if err := enough(s); err != nil {
		return 0, err
	}
	// With a single draw no look can decide, so the error includes all starts.
	r := sequential.Rule{MustCatch: sequential.DefaultMustCatch, Alpha: sequential.DefaultAlpha, Draws: 1}
	return r.Judge(sequential.Data{Gates: []sequential.Series{s}, Ended: true}).Gates[0].Error, nil
}

// sameStarts measures all starts of the targets for the same time, until the budget is over. It leaves the control out,
// as a check does once it has found it.
func sameStarts(p plan.Plan) func(dir string) func(int, time.Duration) (run.NextStart, error) {
	return func(string) func(int, time.Duration) (run.NextStart, error) {
		budget := time.Duration(p.BudgetNS)
		return func(_ int, elapsed time.Duration) (next run.NextStart, _ error) {
			if elapsed < budget {
				next = run.NextStart{Length: predictedStart, Until: budget, LeaveOut: p.Check.Control}
			}
			return next, nil
		}
	}
}

// undecided goes through the stages of a check until the budget is over, whatever the looks find, as a part of a check
// does. It leaves the control out once it has found it.
func undecided(p plan.Plan) func(dir string) func(int, time.Duration) (run.NextStart, error) {
	return func(dir string) func(int, time.Duration) (run.NextStart, error) {
		budget, found, look := time.Duration(p.BudgetNS), "", sequential.FirstLook
		return func(starts int, elapsed time.Duration) (run.NextStart, error) {
			if elapsed >= budget {
				return run.NextStart{}, nil
			}
			stage := min(starts/sequential.StartsAtOnce, sequential.LongestStage)
			if starts == look && found == "" {
				look = sequential.NextLook(starts)
				result, err := record.Read(dir)
				if err != nil {
					return run.NextStart{}, err
				}
				j, err := analysis.Judge(result, false)
				if err != nil {
					return run.NextStart{}, err
				}
				if j.Control.Regressed {
					found = p.Check.Control
				}
			}
			return run.NextStart{Length: firstStart << stage, Until: budget, LeaveOut: found}, nil
		}
	}
}

// againstItself measures a program as base and as candidate of a check, and returns the smallest change per gate.
func (o *Options) againstItself(ctx context.Context, program subject.Program, l *subject.Launcher,
	finder *subject.Finder, m method) (found []machine.SmallestChange, err error) {
	same := side{title: program.Name, path: program.Path, keeps: &program}
	c := &comparison{Options: o, workload: program.Description, asked: subject.Known(program.Requests),
		sides: [2]side{same, same}}
	c.equip(l)
	e, err := c.prepare(ctx, l, finder, nil)
	if err != nil {
		return nil, err
	}
	e.Judges.Next = m.next(e.Plan)
	err = executeAside(ctx, e, func(dir string) error {
		r, err := record.Read(dir)
		if err != nil {
			return err
		}
		found, err = o.smallestChanges(r, m)
		return err
	})
	return found, err
}
