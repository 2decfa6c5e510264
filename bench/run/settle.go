package run

import (
	"context"
	"fmt"
	"time"

	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// An overload is the last visit that was cut off because the target could not keep up with its rate, or left clients
// without a response. The target may still be busy, which would disturb the next visit.
type overload struct {
	cell    plan.Cell
	target  *subject.Target
	request contract.Request
}

// overloadAdvice returns the advice for the case that a visit to the cell was cut off and nothing can be measured. If a
// matching trap was found, it is the advice of the trap.
func overloadAdvice(p plan.Plan, c plan.Cell) string {
	if c.Load.Kind == plan.Open {
		return "use a lower rate or a longer --budget"
	}
	for _, code := range []string{subject.FewWorkers, subject.ListenBacklog} {
		for _, t := range p.Traps {
			if t.Model == c.Model && t.Code == code {
				return fmt.Sprintf("%s: %s; %s", t.Code, t.Evidence, t.Advice)
			}
		}
	}
	return "use fewer clients or a longer --budget"
}

const (
	// shortestSettle is the minimum time to wait for a target, even if the time of the run is over.
	shortestSettle = time.Second
	// settlePause is the pause before a request is retried, which may fail immediately.
	settlePause = 20 * time.Millisecond
)

// settle waits until the target of the overload, if there was one, responds again.
func (r *Runner) settle(ctx context.Context, left time.Duration) error {
	o := r.overload
	if o == nil {
		return nil
	}
	r.overload = nil
	if r.isLost(nameOf(o.target)) {
		return nil
	}
	if left = max(left, shortestSettle); r.lost != nil {
		left = min(left, subject.DefaultTimeout) // then it is lost, and the others go on
	}
	limit, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	client := subject.NewClient()
	defer client.CloseIdleConnections()
	for began := time.Now(); ; {
		_, err := subject.Fetch(limit, client, o.target.URL, o.request)
		if err == nil {
			return nil
		}
		select {
		case <-limit.Done():
			if ctx.Err() != nil {
				return ctx.Err()
			}
			what := "cannot keep up with the rate"
			if o.cell.Load.Kind == plan.Closed {
				what = "left requests without a response"
			}
			err := fmt.Errorf("%s: target %s and did not respond again within %s; %s", o.cell, what,
				units.Span(time.Since(began)), overloadAdvice(r.Plan, o.cell))
			if r.lose(ctx, nameOf(o.target), err) {
				return nil
			}
			return err
		case <-time.After(settlePause):
		}
	}
}
