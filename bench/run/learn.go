package run

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Side is a target that is started to learn its responses.
type Side struct{ Model, Title string }

// Learn starts the sides, records the response of the first to each request as the expected one, and verifies that the
// others send the same. If responses may differ, only the status is expected.
func Learn(ctx context.Context, l *subject.Launcher, w *contract.Description, sides []Side, mayDiffer bool) (failed error) {
	var targets []*subject.Target
	for i, side := range sides {
		t, stop, err := l.Launch(ctx, side.Model, w.Name)
		if err != nil {
			return fmt.Errorf("starting %s: %w", side.Title, err)
		}
		defer func() { failed = errors.Join(failed, stop()) }()
		targets = append(targets, t)
		for n, r := range w.Requests {
			want, err := expected(ctx, t, r, mayDiffer)
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			if err != nil {
				return fmt.Errorf("%s: %w", side.Title, err)
			}
			if i == 0 {
				w.Requests[n].Want = want
			}
		}
	}
	if mayDiffer {
		return nil
	}
	unwanted := slices.Clone(w.Requests) // what is expected was learnt from one of them
	for i := range unwanted {
		unwanted[i].Want = contract.Want{Status: subject.AnyStatus}
	}
	return verifyEquivalent(ctx, unwanted, targets)
}

// expected is the response of a target to a request. That it sends another each time may be allowed.
func expected(ctx context.Context, t *subject.Target, r contract.Request, mayDiffer bool) (contract.Want, error) {
	want, err := subject.RecordExpected(ctx, t, r)
	varies := new(subject.VarianceError)
	switch isVariance := errors.As(err, &varies); {
	case isVariance && !mayDiffer:
		return want, fmt.Errorf("%w\n(--allow-different-responses looks at the status only)", err)
	case err != nil && !isVariance:
		return want, err
	case mayDiffer:
		return contract.Want{Status: want.Status}, nil
	}
	return want, nil
}
