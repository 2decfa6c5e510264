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

// recordings is the number of requests sent to check that the response does not change.
const recordings = 3

// maxLiteralBody is the largest length of an expected body, in bytes, that is stored whole, so that differences can be
// shown. Of longer bodies the hash is stored.
const maxLiteralBody = 64 << 10

// recordExpected returns the response of a target to a request as the expected one. If the response changes between
// requests, the error is a *VarianceError, and only the status is expected.
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
	Lines   []string            // diff of the first response (-) and the first different one (+)
	Count   record.FailureCount // requests; failed means a response different from the first
	Log     []string            // log lines of the target
}

// Error returns a text with the whole difference.
func (v *VarianceError) Error() string {
	return fmt.Sprintf("%s %s: the response changes:\n  %s\ncompared with the first response, %s%s\n(%s)",
		v.Request.Method, v.Request.Path, strings.Join(v.Lines, "\n  "), &v.Count, process.Logged(v.Log), differenceAdvice)
}

// differenceAdvice lists the options for responses that differ by design.
const differenceAdvice = "use --mask to ignore text that matches a regular expression, --ignore-header to ignore a " +
	"header, or --allow-different-responses to compare the status only"

func isVariance(err error) bool { return errors.As(err, new(*VarianceError)) }
