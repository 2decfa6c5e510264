package calibrate

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/run"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// phaseProperties returns the properties that start programs for each request.
func phaseProperties() []Property {
	return []Property{{
		Name: "phases", About: "the sum of the phases of CGI requests against their total time",
		Must: "within 5%", Aim: "within 1%",
		Programs: []string{"hello", "guestbook"},
		Duration: func(l *Lab) time.Duration { return pick(l, 10*time.Second, time.Minute) },
		Run: func(ctx context.Context, l *Lab) (Outcome, error) {
			return l.phases(ctx, []string{"hello", "guestbook"}, pick(l, 8*time.Second, time.Minute))
		},
	}}
}

// recordStarts is the number of starts of the programs in a record.
const recordStarts = 4

// record runs programs as forktax run does, with model cgi and one client each, and calls use with the result.
func (l *Lab) record(ctx context.Context, programs []subject.Program, budget time.Duration,
	use func(*record.Result, *analysis.Analysis) error) error {
	pl := plan.Plan{Starts: recordStarts, BudgetNS: int64(budget), MinRequests: 5, Seed: l.Seed}
	for _, p := range programs {
		pl.Workloads = append(pl.Workloads, p.Description)
		for _, r := range p.Requests {
			pl.Cells = append(pl.Cells, plan.Cell{Workload: p.Name, Request: r.Name, Model: plan.Fresh,
				Engine: load.Default, Load: closed(1)})
		}
	}
	runner := run.Runner{Plan: pl, Engines: load.Engines(), Machine: machine.Counters,
		Progress: func(p run.Progress) { l.step(p.Share) }}
	return recordRun(runner, func(r *run.Runner, dir string) error {
		r.Launcher = &subject.Launcher{Dir: dir, Seed: l.Seed, Programs: programs, Kill: l.Kill}
		return r.Run(ctx)
	}, func(result *record.Result) error {
		analysis, err := analysis.Analyze(result)
		if err != nil {
			return err
		}
		return use(result, analysis)
	})
}

// phases compares the sum of the phases of each request with the service time that the client observed.
func (l *Lab) phases(ctx context.Context, names []string, budget time.Duration) (Outcome, error) {
	var programs []subject.Program
	for _, name := range names {
		programs = append(programs, l.Programs[name])
	}
	var measures []Measure
	err := l.record(ctx, programs, budget, func(r *record.Result, a *analysis.Analysis) error {
		for i, c := range r.Plan.Cells {
			var off []float64
			for _, b := range r.Blocks {
				if b.Cell != i {
					continue
				}
				for o, err := range r.Observations(b) {
					if err != nil {
						return err
					}
					if o.Err == "" && o.Timing != (contract.Timing{}) {
						off = append(off, 100*(float64(o.Timing.Sum())/float64(o.Service())-1))
					}
				}
			}
			name := c.Workload + "/" + c.Request
			measures = append(measures, Measure{Name: name + ": sum of a request's phases against its total, median",
				Unit: "%", N: len(off), Of: "requests", Value: stats.Median(off), Must: about(0, 5), Aim: about(0, 1)},
				medians(name, a.Cells[i]))
		}
		return nil
	})
	if err != nil {
		return Outcome{}, err
	}
	return newOutcome("One client, model cgi. The difference is time in no phase. The medians in the report's table need "+
		"not add up to the median of the total; their sum is for information.", measures...), nil
}

// medians compares the sum of the phases in the report's table, which are medians, with the median response time.
func medians(name string, c analysis.Cell) Measure {
	m := Measure{Name: name + ": sum of the medians against p50", Unit: "%", N: c.Requests, Of: "requests",
		Value: math.NaN()}
	sum := int64(0)
	for _, p := range c.Phases {
		if p.Name != analysis.Outside {
			sum += p.NS
		}
	}
	if c.Response.P50 != nil {
		m.Value = 100 * (float64(sum)/float64(*c.Response.P50) - 1)
	}
	return m
}

// recordRun makes a record in a temporary directory, calls use with the result, and removes the directory. Measure runs
// the runner; it may use the directory for its targets as well.
func recordRun(r run.Runner, measure func(r *run.Runner, dir string) error, use func(*record.Result) error) error {
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
	if err := errors.Join(measure(&r, dir), r.Record.Finish(record.Tail{Complete: true})); err != nil {
		return err
	}
	result, err := record.Read(r.Record.Dir)
	if err != nil {
		return err
	}
	return use(result)
}
