package measure

import (
	"context"
	"errors"
	"fmt"

	"forktax/bench/load"
	"forktax/bench/process"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/bench/suite"
)

// prepareSuite finds the contenders of a suite and returns the prepared run.
func (p *preparation) prepareSuite(ctx context.Context) (e *run.Execution, err error) {
	dir, remove, err := process.TempDir("the suite")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	s := *p.Lineup
	s.Spec = p.Spec
	lineup, err := s.Prepare(ctx, subject.NewFinder(p.log), dir)
	if err != nil {
		return nil, err
	}
	for _, missing := range lineup.Missing {
		fmt.Fprintf(p.log, "left out: %v\n", missing)
	}
	for _, why := range lineup.Lacking {
		fmt.Fprintf(p.log, "left out: %s\n", why)
	}
	if len(lineup.Missing) > 0 && p.RequireAll {
		return nil, fmt.Errorf("--require-all: %w", errors.Join(lineup.Missing...))
	}
	p.launcher.Seed = p.Seed
	if err := p.learnSuite(ctx, s, lineup); err != nil {
		return nil, err
	}
	for _, f := range lineup.Failed {
		fmt.Fprintf(p.log, "failed: %v\n", f)
	}
	if len(lineup.Contenders) == 0 {
		return nil, fmt.Errorf("no contender of the suite %s can be measured", s.Name)
	}
	p.launcher.Programs, p.launcher.External = lineup.Programs, lineup.External
	made := s.Plan(p.Options.Options, lineup)
	if err := load.CheckRates(ctx, made); err != nil {
		return nil, err
	}
	made.Limits = p.launcher.Limits
	p.compareResponses(&made)
	if e, err = p.ready(ctx, made); err != nil {
		return nil, err
	}
	stop := e.Stop
	e.Stop = func() error { return errors.Join(stop(), remove()) }
	return e, nil
}

// learnSuite learns the responses of groups from their baselines. A group whose baseline fails is lost.
func (p *preparation) learnSuite(ctx context.Context, s suite.Suite, lineup *suite.Prepared) error {
	p.launcher.Programs, p.launcher.External = lineup.Programs, lineup.External
	for _, n := range lineup.Lessons {
		lesson := run.Lesson{Workload: n.Group, Asked: n.Asked, Sides: []run.Side{{Model: s.Baseline, Title: s.Baseline}},
			AllowDifferent: p.AllowDifferent, IgnoreHeaders: p.IgnoreHeaders}
		requests, err := lesson.Learn(ctx, p.launcher)
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil {
			lineup.Lose(s, n.Group, err) // the launcher keeps it until all are learnt
			continue
		}
		for i := range lineup.Workloads {
			if lineup.Workloads[i].Name == n.Group {
				lineup.Workloads[i].Requests = requests
			}
		}
	}
	return nil
}
