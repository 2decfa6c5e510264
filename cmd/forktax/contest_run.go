package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/explain"
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/stats/sequential"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// floorEvery is in which rounds of a check the floor is visited: it is there to hold other days' results against.
const floorEvery = 2

// equip gives the launcher what the sides are served by.
func (c *contest) equip(l *subject.Launcher) {
	l.Seed, l.Variants = c.seed, c.variants()
	l.Programs = []subject.Program{*cmp.Or(c.script, c.sides[0].keeps)}
}

// prepare learns what is needed of the sides before anything is measured. The database may be nil.
func (c *contest) prepare(ctx context.Context, l *subject.Launcher, finder *subject.Finder, database databaseServer) (
	*undertaking, error) {
	if c.script != nil {
		if err := c.learn(ctx, l); err != nil {
			return nil, err
		}
	}
	counts, leftOut, err := c.count(ctx, database)
	if err != nil {
		return nil, err
	}
	run := &undertaking{launcher: l, database: database}
	if run.plan, err = c.plan(counts, leftOut); err != nil {
		return nil, err
	}
	p, err := tried(ctx, finder)
	if cause := context.Cause(ctx); cause != nil {
		return nil, cause
	}
	if err != nil && c.baseline != "" {
		return nil, fmt.Errorf("a stored result is held against the floor, which cannot be had here: %w", err)
	}
	if err != nil {
		run.plan.NoFloor = err.Error()
	} else {
		every := floorEvery
		if c.baseline != "" {
			every = 1
		}
		run.plan.Strides = append(slices.Repeat([]int{1}, len(run.plan.Cells)), every)
		run.plan.Floor = p.Name
		run.plan.Workloads = append(run.plan.Workloads, p.Description)
		run.plan.Cells = append(run.plan.Cells, cellOf(p.Name, p.Requests[0].Name, floorModel))
		l.Programs = append(l.Programs, *p)
	}
	return run, nil
}

func cellOf(workload, request, model string) plan.Cell {
	return plan.Cell{Workload: workload, Request: request, Model: model, Engine: load.Default,
		Load: plan.Load{Kind: plan.Closed, Concurrency: 1}}
}

// variants are the two sides, or the candidate alone, and the candidate once more, delayed by its host.
func (c *contest) variants() []subject.Variant {
	var variants []subject.Variant
	for i, name := range []string{baseSide, candidateSide, controlSide} {
		if name == baseSide && c.baseline != "" {
			continue
		}
		s := c.sides[min(i, 1)]
		v := subject.Variant{Name: name, Model: floorModel, Env: map[string]string{}}
		maps.Copy(v.Env, s.env)
		if c.script != nil {
			v.Env[scriptVariable] = s.path
		} else {
			v.Programs = []subject.Program{*s.keeps}
			v.Program = s.keeps.Path
		}
		if name == controlSide {
			v.Env[subject.DelayVariable] = fmt.Sprint(float64(c.mustCatch))
		}
		variants = append(variants, v)
	}
	return variants
}

func (c *contest) plan(counts []plan.Count, leftOut []plan.LeftOut) (plan.Plan, error) {
	criterion := &plan.CheckSpec{
		Titles:    map[string]string{baseSide: c.sides[0].title, candidateSide: c.sides[1].title},
		Candidate: candidateSide, Control: controlSide,
		Margin: float64(c.margin), MustCatch: float64(c.mustCatch), Alpha: float64(c.alpha), Counts: counts, LeftOut: leftOut,
	}
	_, measured := analysis.Gated()
	criterion.Metrics = c.gatesOf(measured)
	p := plan.Plan{
		Workloads: []contract.Description{c.workload}, BudgetNS: int64(c.budget), AtLeast: fewestSent, Seed: c.seed,
		Baseline: baseSide, AllowDifferent: c.different, Check: criterion,
	}
	if c.baseline != "" {
		p.Baseline = candidateSide
		var err error
		var unknown []plan.LeftOut
		if criterion.Stored, unknown, err = c.remember(criterion.Metrics, c.gatesNamed); err != nil {
			return p, err
		}
		criterion.LeftOut = append(criterion.LeftOut, unknown...)
		criterion.Metrics = slices.DeleteFunc(criterion.Metrics, func(metric string) bool {
			return slices.ContainsFunc(unknown, func(l plan.LeftOut) bool { return l.Gate == metric })
		})
	}
	p.Variants = c.variants()
	for _, r := range c.workload.Requests {
		for _, v := range p.Variants {
			p.Cells = append(p.Cells, cellOf(c.workload.Name, r.Name, v.Name))
		}
	}
	return p, nil
}

// uncountable is why gates cannot be counted where the base is stored.
const uncountable = "no stored result has counts of its base"

// countable returns an error of usage if a gate is named that cannot be counted here.
func (o *checkOptions) countable(ctx context.Context) error {
	counted, _ := analysis.Gated()
	wanted := o.gatesOf(counted)
	if !o.gatesNamed || len(wanted) == 0 {
		return nil
	}
	why := errors.New(uncountable)
	if o.baseline == "" {
		why = explain.Traceable(ctx)
	}
	if cause := context.Cause(ctx); cause != nil || why == nil {
		return cause
	}
	return usageError{mistakenAt("gates", slices.Index(o.gates, wanted[0]), "%s cannot be counted: %v",
		strings.Join(wanted, ", "), why)}
}

// count counts what has no noise, in single starts of both sides. What cannot be counted is left out, unless it was
// named.
func (c *contest) count(ctx context.Context, database databaseServer) ([]plan.Count, []plan.LeftOut, error) {
	counted, _ := analysis.Gated()
	wanted := c.gatesOf(counted)
	omit := func(why string) ([]plan.Count, []plan.LeftOut, error) {
		var leftOut []plan.LeftOut
		for _, metric := range wanted {
			leftOut = append(leftOut, plan.LeftOut{Gate: metric, Why: why})
		}
		return nil, leftOut, nil
	}
	if len(wanted) == 0 || c.baseline != "" {
		return omit(uncountable)
	}
	if database == nil { // which would be taken for an orphan
		defer explain.Adopt()()
	}
	var counts []plan.Count
	for _, r := range c.workload.Requests {
		of := map[string]explain.Counts{}
		for i, name := range []string{baseSide, candidateSide} {
			n, err := c.sides[i].count(ctx, r, database)
			var refused *explain.NoTracerError
			var uncounted *uncountedError
			switch {
			case context.Cause(ctx) != nil:
				return nil, nil, context.Cause(ctx)
			case errors.As(err, &refused) && !c.gatesNamed:
				return omit(refused.Error())
			case errors.As(err, &uncounted):
				err = fmt.Errorf("counting what %s needs for %s, by strace: %w", c.sides[i].title, r.Name, err)
				if !c.gatesNamed {
					return omit(err.Error())
				}
				return nil, nil, fmt.Errorf("%w; --gates without %s does not count", err, strings.Join(wanted, ", "))
			case err != nil:
				return nil, nil, err
			}
			of[name] = n
		}
		for _, metric := range wanted {
			counts = append(counts, plan.Count{Metric: metric, Request: r.Name, Of: map[string]int64{
				baseSide: countOf(of[baseSide], metric), candidateSide: countOf(of[candidateSide], metric)}})
		}
	}
	return counts, nil, nil
}

// An uncountedError is of the program that was to be counted, or of what counts it, and not of its preparation.
type uncountedError struct{ error }

func (e *uncountedError) Unwrap() error { return e.error }

func countOf(n explain.Counts, metric string) int64 {
	switch metric {
	case analysis.CountProcesses:
		return n.Processes
	case analysis.CountFiles:
		return n.Files
	default:
		return n.Connections
	}
}

func (s side) count(ctx context.Context, r contract.Request, database databaseServer) (n explain.Counts, err error) {
	command := explain.Command{Path: s.path, Body: r.Body, Env: explain.Environment(r, s.path, os.Getenv("PATH"))}
	if s.keeps != nil {
		dir, err := os.MkdirTemp("", "forktax-")
		if err != nil {
			return explain.Counts{}, fmt.Errorf("making a folder for data: %w", err)
		}
		defer os.RemoveAll(dir)
		url := ""
		if database != nil && (s.keeps.Database == subject.Postgres || s.keeps.Database == subject.Directory) {
			var remove func() error
			if url, remove, err = database.Place(ctx); err != nil {
				return explain.Counts{}, err
			}
			defer func() { err = errors.Join(err, remove()) }()
		}
		env, err := s.keeps.Prepare(ctx, filepath.Join(dir, "data"), url)
		if err != nil {
			return explain.Counts{}, err
		}
		for name, value := range env {
			command = command.With(name + "=" + value)
		}
	}
	if n, err = command.Count(ctx); err != nil {
		err = &uncountedError{err}
	}
	return n, err
}

// firstStart is how long a start of the targets is measured in the first stage, and half as long as in the next.
const firstStart = 50 * time.Millisecond

// standing says how long the next start of the targets is to be, as the record in dir has it.
func standing(dir string) func(starts int) (time.Duration, error) {
	stage := 0
	return func(starts int) (time.Duration, error) {
		if starts > 0 && starts%sequential.StartsAtOnce == 0 {
			result, err := record.Read(dir)
			if err != nil {
				return 0, err
			}
			j, err := analysis.Standing(result)
			if err != nil || j.Verdict != sequential.Open {
				return 0, err
			}
			stage = j.Stage
		}
		return firstStart << stage, nil
	}
}
