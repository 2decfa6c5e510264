package calibrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/run"
	suitefile "forktax/bench/scenario"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/bench/suite"
	"forktax/bench/units"
)

// budgetProgram is the program of this property. Node and mod_python's publisher serve the same response.
const budgetProgram = "hello"

// budgetProperty returns the property that results of resident targets do not depend on the budget.
func budgetProperty() Property {
	budget := func(l *Lab) time.Duration { return pick(l, 9*time.Second, time.Minute) }
	return Property{
		Name: "budget", About: "throughput and median response time of a run with nine times the budget, over those of the " +
			"shorter run",
		Must: "0.9 to 1.1", Aim: "0.97 to 1.03",
		Programs: []string{budgetProgram},
		Duration: func(l *Lab) time.Duration { return budget(l)*10/3 + 20*time.Second },
		Run:      func(ctx context.Context, l *Lab) (Outcome, error) { return l.budgets(ctx, budget(l)) },
	}
}

// budgets runs all targets with a third and with three times the budget, and compares the results.
func (l *Lab) budgets(ctx context.Context, budget time.Duration) (o Outcome, err error) {
	dir, remove, err := process.TempDir("a calibration")
	if err != nil {
		return o, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	others, missing, err := l.residents(ctx, dir)
	if err != nil {
		return o, err
	}
	var both [2]*analysis.Analysis
	for i, b := range []time.Duration{budget / 3, 3 * budget} {
		if both[i], err = l.runFor(ctx, b, others); err != nil {
			return o, err
		}
	}
	text := fmt.Sprintf("Eight clients, budgets of %s and %s, with a warm-up of each target at each start.",
		units.Span(budget/3), units.Span(3*budget))
	for _, m := range missing {
		text += " Left out: " + m.Error() + "."
	}
	var measures []Measure
	for _, short := range both[0].Cells {
		at := slices.IndexFunc(both[1].Cells, func(c analysis.Cell) bool { return c.Cell == short.Cell })
		if at < 0 {
			continue
		}
		long := both[1].Cells[at]
		for _, v := range []struct {
			name        string
			short, long *float64
		}{
			{"throughput", short.ThroughputRPS, long.ThroughputRPS},
			{"median", analysis.Float(short.Response.P50), analysis.Float(long.Response.P50)},
		} {
			m := Measure{Name: short.Model + ": " + v.name, Value: math.NaN(), N: long.Blocks, Of: "blocks",
				Must: within(0.9, 1.1), Aim: within(0.97, 1.03)}
			if v.short != nil && v.long != nil {
				m.Value = *v.long / *v.short
			}
			measures = append(measures, m)
		}
	}
	o = newOutcome(text, measures...)
	for _, a := range both {
		noisy := slices.ContainsFunc(a.Warnings, func(w analysis.Warning) bool {
			return w.Code == analysis.Inconclusive || w.Code == analysis.CodeSteal
		})
		if noisy && o.Verdict == Failed { // the runs are one after the other, so the machine may have changed
			o.Verdict, o.AimMet = Unjudged, nil
			o.Text += " The machine was too noisy for a comparison of two runs."
		}
	}
	return o, nil
}

// residents returns Node and mod_python's publisher as external servers, and an error for each that is not installed.
func (l *Lab) residents(ctx context.Context, dir string) (found []subject.External, missing []error, err error) {
	if _, err := process.Find("node", "nodejs"); err != nil {
		missing = append(missing, err)
	} else {
		found = append(found, subject.External{Name: "node", Command: "exec node programs/hello_server.js",
			Dir: filepath.Join(dir, suite.FilesDir)})
	}
	prepared, err := publisher.Prepare(ctx, l.Finder, dir)
	switch {
	case err != nil && isNotInstalled(err):
		missing = append(missing, err)
	case err != nil:
		return nil, nil, err
	default:
		e := prepared.External[0]
		e.Workload = budgetProgram
		found = append(found, e)
	}
	return found, missing, nil
}

// publisher is the contender of the suite article that needs the longest warm-up.
var publisher = suite.Suite{Name: "publisher", Suite: suitefile.Suite{Baseline: "publisher",
	Groups: []suitefile.Group{{Name: budgetProgram, Workload: budgetProgram}},
	Contenders: []suitefile.Contender{{Group: budgetProgram, Name: "publisher", Server: "mod_python-publisher",
		File: "programs/hello_publisher.py"}}}}

func isNotInstalled(err error) bool {
	var missing *process.NotInstalledError
	return errors.As(err, &missing)
}

// runFor runs the program, started per request and persistent, and the others, with the budget.
func (l *Lab) runFor(ctx context.Context, budget time.Duration, others []subject.External) (
	a *analysis.Analysis, err error) {
	p := l.Programs[budgetProgram]
	o := plan.DefaultOptions()
	o.Selections, o.Clients, o.Budget, o.Seed = []subject.Selection{{Program: budgetProgram}}, []int{8}, budget, l.Seed
	o.CrossCheck, o.Floor, o.ReuseLevels = false, false, false
	made, err := plan.New(o, []subject.Program{p}, others, subject.Floor{})
	if err != nil {
		return nil, err
	}
	runner := run.Runner{Plan: made, Engines: load.Engines(), Machine: machine.Counters, Agree: stats.Agree,
		Progress: func(p run.Progress) { l.step(p.Share) }}
	err = recordRun(runner, func(r *run.Runner, dir string) error {
		r.Launcher = &subject.Launcher{Dir: dir, Seed: l.Seed, Programs: []subject.Program{p}, External: others,
			Exporter: l.Command, Kill: l.Kill}
		return r.Run(ctx)
	}, func(result *record.Result) (err error) {
		a, err = analysis.Analyze(result)
		return err
	})
	return a, err
}
