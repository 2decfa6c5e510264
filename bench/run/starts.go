package run

import (
	"context"
	"time"
)

// A NextStart describes the next start of the targets in a check.
type NextStart struct {
	Length   time.Duration // time for its rounds, of which at least one is run; 0 ends the run
	Until    time.Duration // time since the run began after which no round begins
	Overtime bool          // the budget is used up
	LeaveOut string        // model whose targets are no longer needed; "" if all are
}

// RunStarts visits all cells in rounds, as Run does, for one start of the targets after the other. Before each start it
// calls next with the number of starts so far and the elapsed time.
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
