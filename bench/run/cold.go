package run

import (
	"context"
	"fmt"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
)

// A ColdProgram is a program whose cold and warm starts are measured.
type ColdProgram struct {
	plan.TargetName
	Request string
	// Files returns the files that the program executes, maps or opens. unseen is the reason why the list may be
	// incomplete; "" if it is complete.
	Files func(ctx context.Context) (files []string, unseen string, err error)
	// Start starts the program once. If evict is not nil, it is called just before the process is started.
	Start func(ctx context.Context, evict func() error) (record.ColdStart, error)
}

// minColdRounds is the smallest number of starts of each kind: a confidence interval needs six.
const minColdRounds = 6

// Cold starts each program once cold and once warm per round, until the rounds or the budget are used up.
func (r *Runner) Cold(ctx context.Context, programs []ColdProgram,
	evict func([]string) ([]record.ColdFile, error)) error {
	s := r.schedule()
	files := make([][]string, len(programs))
	for i, p := range programs {
		var unseen string
		var err error
		if files[i], unseen, err = p.Files(ctx); err != nil {
			return fmt.Errorf("%s as %s: finding its files: %w", p.Workload, p.Model, err)
		}
		if _, err = p.Start(ctx, nil); err != nil { // creates what only a first start creates
			return fmt.Errorf("%s as %s: %w", p.Workload, p.Model, err)
		}
		kept, err := evict(files[i])
		if err != nil {
			return fmt.Errorf("%s as %s: evicting its files from the page cache: %w", p.Workload, p.Model, err)
		}
		cold := record.ColdFiles{Workload: p.Workload, Model: p.Model, Files: kept, Unseen: unseen}
		if err := r.Record.AddColdFiles(cold); err != nil {
			return err
		}
	}
	rounds := 0
	more := func() bool {
		if r.Plan.Rounds > 0 {
			return rounds < r.Plan.Rounds
		}
		return rounds < minColdRounds || s.elapsed() < time.Duration(r.Plan.BudgetNS)
	}
	for ; more(); rounds++ {
		for i, p := range programs {
			r.reportProgress(r.coldProgress(s, rounds, p))
			for _, cold := range []bool{true, false} {
				var evictFiles func() error
				if cold {
					evictFiles = func() error {
						_, err := evict(files[i])
						return err
					}
				}
				start, err := p.Start(ctx, evictFiles)
				if err != nil {
					return fmt.Errorf("%s as %s: %w", p.Workload, p.Model, err)
				}
				start.Workload, start.Request, start.Model = p.Workload, p.Request, p.Model
				start.Round, start.Cold = rounds, cold
				if err := r.Record.AddColdStart(start); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// coldProgress returns the progress of Cold.
func (r *Runner) coldProgress(s *schedule, rounds int, p ColdProgram) Progress {
	left, least := max(time.Duration(r.Plan.BudgetNS)-s.elapsed(), 0), minColdRounds
	if r.Plan.Rounds > 0 {
		left, least = 0, r.Plan.Rounds
	}
	if rounds > 0 {
		left = max(left, s.elapsed()/time.Duration(rounds)*time.Duration(least-rounds))
	}
	share := float64(s.elapsed()) / float64(max(s.elapsed()+left, 1))
	if r.Plan.Rounds > 0 {
		share = float64(rounds) / float64(least)
	}
	return Progress{Share: share, Left: left, Done: 2 * rounds, Start: 0,
		Cell: plan.Cell{Workload: p.Workload, Request: p.Request, Model: p.Model,
			Load: plan.Load{Kind: plan.Closed, Concurrency: 1}}}
}
