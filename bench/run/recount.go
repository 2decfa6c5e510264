package run

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"forktax/bench/load"
	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Limits on repeating a request that got a wrong response.
const (
	maxRecount = 8 // requests
	countLimit = 2 * time.Second
)

// A recount repeats a request to a target, to count how often the response is wrong.
type recount struct {
	record.FailureCount
	client  *http.Client
	target  *subject.Target
	request contract.Request
	judge   func(subject.Response) (class string) // failure class of a response; "" if it is right
}

// add counts a response, or the error of a request that got none.
func (n *recount) add(a subject.Response, err error) {
	if err != nil && a.Status == 0 {
		n.Add(load.ClassOf(innermost(err).Error()), 0, nil)
		return
	}
	n.Add(n.judge(a), a.Status, a.Body)
}

// innermost returns the innermost wrapped error. The texts of outer errors may contain log lines of a target.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// run repeats the request until there were maxRecount requests, or for countLimit.
func (n *recount) run(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, countLimit)
	defer cancel()
	for n.Requests < maxRecount {
		a, err := subject.Fetch(ctx, n.client, n.target.URL, n.request)
		if ctx.Err() != nil {
			return
		}
		n.add(a, err)
	}
}

// isWithoutResponse reports whether err is the error of a request that got no response or an incomplete one, as when
// its server ends.
func isWithoutResponse(err error) bool {
	var request *url.Error
	var network *net.OpError
	return errors.As(err, &request) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isTimeout reports whether err is the error of a request that timed out.
func isTimeout(err error) bool {
	var late interface{ Timeout() bool }
	return errors.As(err, &late) && late.Timeout()
}

// classOf returns the failure class of a response that differs from the expected one or from other; "" if it equals
// both. The responses must have been masked.
func classOf(want contract.Want, other, a subject.Response) string {
	withoutHeaders := subject.Response{Status: a.Status, Body: a.Body}
	switch {
	case a.Status != want.StatusCode() || a.Status != other.Status:
		return record.ErrWrongStatus
	case withoutHeaders.Mismatches(want) != nil || withoutHeaders.Differences(other) != nil:
		return record.ErrWrongBody
	case a.Mismatches(want) != nil || a.Differences(other) != nil:
		return record.ErrWrongHeader
	}
	return ""
}
