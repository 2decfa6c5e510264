package run

import (
	"context"
	"fmt"
	"strings"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A DifferenceError is returned when twins do not do the same work, so that to time them would mean nothing.
type DifferenceError struct {
	Workload string
	Request  contract.Request
	Models   [2]string // of the two that differ; the first is "the description" if one is not what it promises
	Lines    []string  // what differs: a line of the one, marked -, and of the other, marked +
}

// Error shows the whole difference.
func (d *DifferenceError) Error() string {
	return fmt.Sprintf("%s/%s: %s (-) and %s (+) differ on %s %s:\n  %s", d.Workload, d.Request.Name,
		d.Models[0], d.Models[1], d.Request.Method, d.Request.Path, strings.Join(d.Lines, "\n  "))
}

// verifyEquivalent sends every request of the workload to each of its targets and returns a *DifferenceError if an
// answer is not what the description says, or not what another target said.
func verifyEquivalent(ctx context.Context, requests []contract.Request, targets []*subject.Target) error {
	client := subject.NewClient()
	defer client.CloseIdleConnections()
	for _, r := range requests {
		var first subject.Response
		for i, t := range targets {
			a, err := subject.Fetch(ctx, client, t.URL, r)
			if t.External {
				a.Headers = nil
			}
			if err != nil {
				return fmt.Errorf("asking %s %s for %s: %w", t.Workload, t.Model, r.Name, err)
			}
			if lines := a.Mismatches(r.Want); lines != nil {
				return &DifferenceError{t.Workload, r, [2]string{"the description", t.Model}, lines}
			}
			if i == 0 {
				first = a
			} else if lines := first.Differences(a); lines != nil {
				return &DifferenceError{t.Workload, r, [2]string{targets[0].Model, t.Model}, lines}
			}
		}
	}
	return nil
}
