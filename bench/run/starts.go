package run

import (
	"context"
	"time"
)

// RunStarts visits all cells in rounds, as Run does, at one start of the targets after the other. Before each, next is
// asked how long it is to be: a time of 0 ends the run. The plan's budget ends it in any case. A start has one round at
// the least.
func (r *Runner) RunStarts(ctx context.Context, next func(starts int) (time.Duration, error)) error {
	defer pauseCollector()()
	s, began := r.schedule(), time.Now()
	budget := time.Duration(r.Plan.BudgetNS)
	s.end = budget
	for ; s.elapsed() < budget; s.start++ {
		length, err := next(s.start)
		if err != nil || length <= 0 {
			return err
		}
		err = r.withTargets(ctx, began, func(ctx context.Context, v *visitor) error {
			for began := s.elapsed(); ; {
				if err := v.round(ctx, s); err != nil {
					return err
				}
				if s.elapsed()-began >= length || s.elapsed() >= budget {
					return nil
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
