package run

import (
	"context"
	"time"
)

// A NextStart is how the next start of the targets is measured.
type NextStart struct {
	Length   time.Duration // of its rounds, of which there is one at least; 0 ends the run
	Until    time.Duration // since the run began: when no further round begins
	Overtime bool          // the budget is over
	LeaveOut string        // the model of targets that are not needed anymore
}

// RunStarts visits all cells in rounds, as Run does, at one start of the targets after the other. Before each, next is
// asked how it is to be measured, after so many starts and so much time.
func (r *Runner) RunStarts(ctx context.Context, next func(starts int, elapsed time.Duration) (NextStart, error)) error {
	defer pauseCollector()()
	s, began := r.schedule(), time.Now()
	for ; ; s.start++ {
		n, err := next(s.start, s.elapsed())
		if err != nil || n.Length <= 0 {
			return err
		}
		s.end, r.checkStart, r.leaveOut = n.Until, s.start, n.LeaveOut
		err = r.withTargets(ctx, began, s.start, func(ctx context.Context, v *visitor) error {
			v.overtime = n.Overtime
			for began := s.elapsed(); ; {
				for range r.Plan.RoundsTogether() {
					if err := v.round(ctx, s); err != nil {
						return err
					}
				}
				if s.elapsed()-began >= n.Length || s.elapsed() >= n.Until {
					return nil
				}
			}
		})
		if err != nil {
			return err
		}
	}
}
