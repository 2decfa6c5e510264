package run

import (
	"context"
	"time"
)

// A run is a run in progress.
type run struct {
	*Runner
	*schedule
	began     time.Time // times in the record are relative to it
	announced *Forecast // the last announced; nil if none was
}

// runStart starts all targets, visits the cells in the rounds of this start, and stops the targets.
func (r *run) runStart(ctx context.Context) error {
	began, warmed := r.elapsed(), r.warmed
	if r.overload != nil && (!r.overload.target.External || r.overload.target.Ready > 0) {
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

// runRounds runs the rounds of a start of the targets. In the last start it also runs the overtime.
func (r *run) runRounds(ctx context.Context, v *visitor) error {
	for r.moreRounds() {
		if err := v.round(ctx, r.schedule); err != nil {
			return err
		}
		// The first round shows actual durations. At the end of a start, the number of starts may be reduced, which gives
		// this start more rounds.
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

// runOvertime runs rounds after the budget, with visits to the cells that still need visits.
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
			if v.isLostCell(cell) {
				continue
			}
			if err := v.next(ctx, r.schedule, []int{cell}); err != nil && !v.loseCell(ctx, cell, err) {
				return err
			}
		}
		r.round++
	}
}

// replan updates the missing visits from the record, the number of starts, and the predicted end. It announces the
// forecast if it differs from the one announced before.
func (r *run) replan() (err error) {
	if r.Missing != nil && r.Plan.Rounds == 0 {
		if r.missing, err = r.Missing(); err != nil {
			return err
		}
		for cell := range r.missing {
			if r.isLostCell(cell) {
				r.missing[cell] = 0
			}
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
