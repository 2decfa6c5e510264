package bench

import (
	"context"
	"time"
)

// Check visits all cells in rounds, as Run does, at one start of the targets after the other. Before each, next is asked
// how long it is to be: a time of 0 ends the run. The plan's budget ends it in any case. A start has one round at the
// least.
func (r *Runner) Check(ctx context.Context, next func(starts int) (time.Duration, error)) error {
	defer pauseCollector()()
	s := schedule{plan: r.Plan, began: time.Now()}
	budget := time.Duration(r.Plan.BudgetNS)
	for group := 0; time.Since(s.began) < budget; group++ {
		length, err := next(group)
		if err != nil || length <= 0 {
			return err
		}
		err = r.onTargets(ctx, s.began, func(ctx context.Context, v *visitor) error {
			for began := time.Now(); ; {
				if err := v.round(ctx, group, &s); err != nil {
					return err
				}
				if time.Since(began) >= length || time.Since(s.began) >= budget {
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
