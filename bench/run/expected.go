package run

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// recordings is how often a target is asked, to see whether it responds the same each time.
const recordings = 3

// maxLiteralBody is the length of a body up to which it is kept as it is, so that it can be seen where another differs.
const maxLiteralBody = 64 << 10

// recordExpected records the response of a target to a request as the expected one. The error is a *VarianceError if
// the response changes; what is expected is then the status alone.
func recordExpected(ctx context.Context, t *subject.Target, r subject.Asked, ignore []string) (contract.Want, error) {
	masks, err := subject.NewMasks(r.Want.Masks)
	if err != nil {
		return contract.Want{}, err
	}
	n := recount{client: subject.NewClient(), target: t, request: r.Request}
	defer n.client.CloseIdleConnections()
	var first subject.Response
	n.judge = func(raw subject.Response) string {
		a := raw.Comparable(masks, ignore)
		switch {
		case !r.Wants(t, raw):
			return record.ErrWrongStatus
		case n.Requests == 0:
			first = a
		}
		return classOf(contract.Want{Status: first.Status}, first, a)
	}
	for n.Requests < recordings {
		raw, err := subject.Ask(ctx, n.client, t, r)
		n.add(raw, err)
		switch {
		case isTimeout(err) || ctx.Err() != nil || errors.As(err, new(*subject.UsageError)):
			return contract.Want{}, err
		case err != nil:
			n.run(ctx)
			return contract.Want{}, fmt.Errorf("%w\n%s", err, &n.FailureCount)
		case n.Failed() > 0:
			a := raw.Comparable(masks, ignore)
			n.run(ctx)
			return contract.Want{Status: a.Status}, &VarianceError{Request: r.Request, Lines: first.Differences(a),
				Count: n.FailureCount, Log: t.Logged(true)}
		}
	}
	w := contract.Want{Status: first.Status, Masks: r.Want.Masks}
	if n := len(first.Body); 0 < n && n <= maxLiteralBody {
		w.Body = string(first.Body)
	} else {
		w.BodySHA256 = subject.Hash(first.Body)
	}
	return w, nil
}

// A VarianceError is returned when the response of a target to the same request changes.
type VarianceError struct {
	Request contract.Request
	Lines   []string            // a line of the first response, marked -, and of the first that was another, marked +
	Count   record.FailureCount // of responses, of which those that were not as the first failed
	Log     []string            // what the target logged
}

// Error shows the whole difference.
func (v *VarianceError) Error() string {
	return fmt.Sprintf("%s %s: the response changes:\n  %s\nthe first response is expected of all: %s%s\n(%s)",
		v.Request.Method, v.Request.Path, strings.Join(v.Lines, "\n  "), &v.Count, process.Logged(v.Log), differenceAdvice)
}

// differenceAdvice is what makes responses alike that differ by nature.
const differenceAdvice = "--mask leaves out what matches a regular expression, --ignore-header a header; " +
	"--allow-different-responses compares the status only"

func isVariance(err error) bool { return errors.As(err, new(*VarianceError)) }
