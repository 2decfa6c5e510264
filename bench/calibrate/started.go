package calibrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"forktax/bench"
	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/program"
	"forktax/bench/report"
	"forktax/bench/stats"
)

// started are the properties that need programs to be started for each request.
func started() []Property {
	return []Property{{
		Name: "phases", About: "the phases of CGI requests, their sum against the whole",
		Must: "within 5 %", Aim: "within 1 %",
		Programs: []string{"hello", "guestbook"},
		Takes:    func(l *Lab) time.Duration { return pick(l, 10*time.Second, time.Minute) },
		Run:      runPhases,
	}}
}

// A start is how a program is started to be measured.
type start struct {
	program  program.Program
	variants []bench.Variant // in the place of models; none: cgi
	requests []bench.Request
	groups   int
	budget   time.Duration
	seed     uint64
}

// record runs programs as forktax run does, one client each, and returns what was recorded. Use reads it before its folder
// is removed.
func (l *Lab) record(ctx context.Context, starts []start, use func(*bench.Result, *report.Analysis) error) (err error) {
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return fmt.Errorf("making a folder for a run: %w", err)
	}
	defer os.RemoveAll(dir)
	first := starts[0]
	plan := bench.Plan{Groups: first.groups, BudgetNS: int64(first.budget), AtLeast: 5, Seed: first.seed}
	launcher := &program.Launcher{Dir: dir, Seed: first.seed}
	for _, v := range first.variants {
		plan.Variants = append(plan.Variants, v)
		launcher.Variants = append(launcher.Variants, program.Variant{Variant: v})
		if plan.Baseline == "" {
			plan.Baseline = v.Name
		}
	}
	for _, s := range starts {
		plan.Workloads = append(plan.Workloads, s.program.Description)
		launcher.Programs = append(launcher.Programs, s.program)
		models := []string{"cgi"}
		if len(s.variants) > 0 {
			models = nil
			for _, v := range s.variants {
				models = append(models, v.Name)
			}
		}
		for _, r := range s.requests {
			for _, m := range models {
				plan.Cells = append(plan.Cells, bench.Cell{Workload: s.program.Name, Request: r.Name, Model: m,
					Engine: load.Default, Load: closed(1)})
			}
		}
	}
	record, err := bench.CreateRecord(filepath.Join(dir, "run"), bench.Head{Schema: bench.Schema, ID: "calibration",
		Plan: plan, Started: time.Now()})
	if err != nil {
		return err
	}
	runner := bench.Runner{Plan: plan, Launcher: launcher, Engines: load.Engines(), Record: record, Machine: machine.Counters,
		Progress: func(p bench.Progress) { l.step(p.Share) }}
	if err := errors.Join(runner.Run(ctx), record.Finish(bench.Tail{Complete: true})); err != nil {
		return err
	}
	result, err := bench.ReadResult(record.Dir)
	if err != nil {
		return err
	}
	analysis, err := report.Analyze(result)
	if err != nil {
		return err
	}
	return use(result, analysis)
}

// runPhases adds the phases of each request up, and holds the sum against how long its client saw it take.
func runPhases(ctx context.Context, l *Lab) (Outcome, error) {
	var starts []start
	for _, name := range []string{"hello", "guestbook"} {
		p := l.Programs[name]
		starts = append(starts, start{program: p, requests: p.Requests, groups: 3, seed: l.Seed,
			budget: pick(l, 8*time.Second, time.Minute)})
	}
	var measures []Measure
	err := l.record(ctx, starts, func(r *bench.Result, a *report.Analysis) error {
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
					if o.Err == "" && o.Timing != (bench.Timing{}) {
						off = append(off, 100*(float64(o.Timing.Sum())/float64(o.Service())-1))
					}
				}
			}
			name := c.Workload + "/" + c.Request
			measures = append(measures, Measure{Name: name + ": sum of a request's phases against the whole, median", Unit: "%",
				N: len(off), Of: "requests", Value: stats.Median(off), Must: about(0, 5), Aim: about(0, 1)},
				medians(name, a.Cells[i]))
		}
		return nil
	})
	if err != nil {
		return Outcome{}, err
	}
	return judged("One client, model cgi. What is in no phase is the difference. Medians, as the report's table has them, need "+
		"not add up to the median of the whole; they are told for information.", measures...), nil
}

// medians adds up the phases that are in the report's table.
func medians(name string, c report.Cell) Measure {
	m := Measure{Name: name + ": sum of the medians against p50", Unit: "%", N: c.Requests, Of: "requests", Value: math.NaN()}
	sum := int64(0)
	for _, p := range c.Phases {
		if p.Name != report.Outside {
			sum += p.NS
		}
	}
	if c.Response.P50 != nil {
		m.Value = 100 * (float64(sum)/float64(*c.Response.P50) - 1)
	}
	return m
}
