package run

import (
	"context"
	"time"
)

// A run is one that is under way.
type run struct {
	*Runner
	*schedule
	began     time.Time // what the record counts from
	announced *Forecast // nil before the first
}

// runStart starts all targets, visits the cells in the rounds of this start, and ends the targets.
func (r *run) runStart(ctx context.Context) error {
	began, warmed := r.elapsed(), r.warmed
	if r.overload != nil && !r.overload.target.External {
		r.overload = nil // the target has ended
	}
	if err := r.settle(ctx, r.left()); err != nil {
		return err
	}
	var ending time.Duration
	err := r.withTargets(ctx, r.began, r.start, func(ctx context.Context, v *visitor) error {
		r.noteStarted(r.elapsed()-began, r.warmed-warmed)
		r.predict()
		err := r.runRounds(ctx, v)
		ending = r.elapsed()
		return err
	})
	r.noteStopped(r.elapsed() - ending)
	return err
}

// runRounds makes the rounds of a start of the targets, and at the last what is missing after them.
func (r *run) runRounds(ctx context.Context, v *visitor) error {
	for r.moreRounds() {
		if err := v.round(ctx, r.schedule); err != nil {
			return err
		}
		// The first round tells what the plan did not. Before a start ends, there may turn out to be fewer of them,
		// with more rounds each.
		if r.round == 1 || r.stale() || !r.moreRounds() {
			if err := r.replan(); err != nil {
				return err
			}
		}
	}
	if r.lastStart() {
		return r.runOvertime(ctx, v)
	}
	return nil
}

// runOvertime makes the rounds after the budget, for what is missing then.
func (r *run) runOvertime(ctx context.Context, v *visitor) error {
	for {
		if err := r.replan(); err != nil {
			return err
		}
		cells := r.overtime()
		if len(cells) == 0 {
			return nil
		}
		for _, cell := range cells {
			if !r.fits(r.elapsed(), []int{cell}) {
				return nil
			}
			if err := v.next(ctx, r.schedule, []int{cell}); err != nil {
				return err
			}
		}
		r.round++
	}
}

// replan learns from the record what is missing, decides by what is known now how many starts there are, and predicts
// the end. What is predicted is announced if it was not yet, or was announced to be otherwise.
func (r *run) replan() (err error) {
	if r.Missing != nil && r.Plan.Rounds == 0 {
		if r.missing, err = r.Missing(); err != nil {
			return err
		}
	}
	r.chooseStarts()
	r.predict()
	f := r.forecast()
	if r.announced != nil && !f.differsFrom(*r.announced) {
		return nil
	}
	r.announced = &f
	if r.Announce != nil {
		r.Announce(f)
	}
	return nil
}
