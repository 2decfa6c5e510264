package run

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"forktax/bench/plan"
	"forktax/bench/subject"
)

// lostTargets are the targets of a suite that failed. They are not started again, and the others go on.
type lostTargets struct {
	mu  sync.Mutex
	all plan.SuiteInfo // with the failed ones
}

func nameOf(t *subject.Target) plan.TargetName {
	return plan.TargetName{Workload: t.Workload, Model: t.Model}
}

// lose records the failure of a target of a suite, and reports whether the run goes on without it. Without its
// baseline, the whole group is lost.
func (r *Runner) lose(ctx context.Context, name plan.TargetName, why error) bool {
	if r.lost == nil || ctx.Err() != nil {
		return false
	}
	r.lost.mu.Lock()
	defer r.lost.mu.Unlock()
	if r.lost.has(name, r.Plan.Baseline) {
		return true
	}
	f := plan.Lost{Workload: name.Workload, Name: name.Model, Why: why.Error()}
	if i := slices.IndexFunc(r.Plan.Suite.Contenders, func(c plan.Contender) bool {
		return c.Workload == name.Workload && c.Name == name.Model
	}); i >= 0 {
		f.At = r.Plan.Suite.Contenders[i].At
	}
	r.lost.all.Failed = append(r.lost.all.Failed, f)
	if r.Lost != nil {
		r.Lost(f)
	}
	return true
}

func (r *Runner) isLost(name plan.TargetName) bool {
	if r.lost == nil {
		return false
	}
	r.lost.mu.Lock()
	defer r.lost.mu.Unlock()
	return r.lost.has(name, r.Plan.Baseline)
}

// has reports whether the target is lost. The caller holds the lock.
func (l *lostTargets) has(name plan.TargetName, baseline string) bool {
	return l.all.Lost(plan.Cell{Workload: name.Workload, Model: name.Model}, baseline)
}

// failures returns the lost targets.
func (r *Runner) failures() []plan.Lost {
	if r.lost == nil {
		return nil
	}
	r.lost.mu.Lock()
	defer r.lost.mu.Unlock()
	return slices.Clone(r.lost.all.Failed)
}

// allLost reports whether every target is lost.
func (r *Runner) allLost() bool {
	return r.lost != nil && !slices.ContainsFunc(r.Plan.Targets(), func(n plan.TargetName) bool { return !r.isLost(n) })
}

// noneLeft returns the error of a run whose targets are all lost.
func (r *Runner) noneLeft() error {
	var all []error
	for _, f := range r.failures() {
		all = append(all, errors.New(f.String()))
	}
	return fmt.Errorf("no target is left: %w", errors.Join(all...))
}

func (r *Runner) isLostCell(cell int) bool {
	c := r.Plan.Cells[cell]
	return r.isLost(plan.TargetName{Workload: c.Workload, Model: c.Model})
}

// loseCell loses the target of a cell whose visit failed, if the failure is the target's: it died, or gave no right
// response.
func (r *Runner) loseCell(ctx context.Context, cell int, err error) bool {
	if r.lost == nil {
		return false
	}
	mayDie := isWithoutResponse(err) || errors.Is(err, ErrNoneRight)
	wait := subject.ExitDelay
	if mayDie {
		wait = longExitDelay
	}
	for end := time.Now().Add(wait); !r.isLostCell(cell) && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(exitPoll)
	}
	if r.isLostCell(cell) {
		return ctx.Err() == nil
	}
	c := r.Plan.Cells[cell]
	return mayDie && r.lose(ctx, plan.TargetName{Workload: c.Workload, Model: c.Model}, err)
}
