package run

import (
	"context"
	"fmt"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
)

// A ColdProgram is one that is started cold and warm.
type ColdProgram struct {
	plan.TargetName
	Request string
	// Files lists the files that it executes, maps or opens, and why there may be others that are not seen.
	Files func(ctx context.Context) (files []string, unseen string, err error)
	// Start starts it once. Evict, if it is not nil, is called immediately before its process is started.
	Start func(ctx context.Context, evict func() error) (record.ColdStart, error)
}

// leastColdRounds is how many starts of each kind there are at least: what an interval needs.
const leastColdRounds = 6

// Cold starts each program once cold and once warm, round after round, until the budget is over.
func (r *Runner) Cold(ctx context.Context, programs []ColdProgram, evict func([]string) ([]record.ColdFile, error)) error {
	s := r.schedule()
	files := make([][]string, len(programs))
	for i, p := range programs {
		var unseen string
		var err error
		if files[i], unseen, err = p.Files(ctx); err != nil {
			return fmt.Errorf("%s as %s: looking for its files: %w", p.Workload, p.Model, err)
		}
		if _, err = p.Start(ctx, nil); err != nil { // what it makes at its first start is there then
			return fmt.Errorf("%s as %s: %w", p.Workload, p.Model, err)
		}
		kept, err := evict(files[i])
		if err != nil {
			return fmt.Errorf("%s as %s: letting go of its files: %w", p.Workload, p.Model, err)
		}
		if err := r.Record.AddColdFiles(record.ColdFiles{Workload: p.Workload, Model: p.Model, Files: kept, Unseen: unseen}); err != nil {
			return err
		}
	}
	rounds := 0
	more := func() bool {
		if r.Plan.Rounds > 0 {
			return rounds < r.Plan.Rounds
		}
		return rounds < leastColdRounds || s.elapsed() < time.Duration(r.Plan.BudgetNS)
	}
	for ; more(); rounds++ {
		for i, p := range programs {
			r.reportProgress(r.coldProgress(s, rounds, p))
			for _, cold := range []bool{true, false} {
				var letGo func() error
				if cold {
					letGo = func() error {
						_, err := evict(files[i])
						return err
					}
				}
				start, err := p.Start(ctx, letGo)
				if err != nil {
					return fmt.Errorf("%s as %s: %w", p.Workload, p.Model, err)
				}
				start.Workload, start.Request, start.Model, start.Round, start.Cold = p.Workload, p.Request, p.Model, rounds, cold
				if err := r.Record.AddColdStart(start); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// coldProgress is how far the starts are.
func (r *Runner) coldProgress(s *schedule, rounds int, p ColdProgram) Progress {
	share := float64(rounds) / float64(max(r.Plan.Rounds, 1))
	left := time.Duration(0)
	if r.Plan.Rounds == 0 {
		share = min(float64(s.elapsed())/float64(max(r.Plan.BudgetNS, 1)), 1)
		left = max(time.Duration(r.Plan.BudgetNS)-s.elapsed(), 0)
	}
	return Progress{Share: share, Left: left, Done: 2 * rounds, Start: 0,
		Cell: plan.Cell{Workload: p.Workload, Request: p.Request, Model: p.Model, Load: plan.Load{Kind: plan.Closed, Concurrency: 1}}}
}
