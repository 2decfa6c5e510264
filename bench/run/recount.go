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

// Limits on how often a target is asked for the same once a response was wrong.
const (
	mostAsked  = 8
	countLimit = 2 * time.Second
)

// A recount asks a target for the same again, to count how often its response is wrong.
type recount struct {
	record.FailureCount
	client  *http.Client
	target  *subject.Target
	request contract.Request
	judge   func(subject.Response) (class string) // of a response; "" if it is right
}

// add counts a response, or the error of a request that got none.
func (n *recount) add(a subject.Response, err error) {
	if err != nil && a.Status == 0 {
		n.Add(load.ClassOf(innermost(err).Error()), 0, nil)
		return
	}
	n.Add(n.judge(a), a.Status, a.Body)
}

// innermost returns the error that the others wrap, whose text may hold what a target logged.
func innermost(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
}

// run asks until the target was asked mostAsked times, or the time is over.
func (n *recount) run(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, countLimit)
	defer cancel()
	for n.Requests < mostAsked {
		a, err := subject.Fetch(ctx, n.client, n.target.URL, n.request)
		if ctx.Err() != nil {
			return
		}
		n.add(a, err)
	}
}

// isWithoutResponse reports whether err is of a request that got no response, or half of one, as it does if its server
// ends.
func isWithoutResponse(err error) bool {
	var asking *url.Error
	var network *net.OpError
	return errors.As(err, &asking) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF)
}

// isTimeout reports whether err is of a request that had no response in time.
func isTimeout(err error) bool {
	var late interface{ Timeout() bool }
	return errors.As(err, &late) && late.Timeout()
}

// classOf returns the class of a response that is not the one that is wanted, or not the same as another; "" if it is
// both. Parts that masks match are left out of them.
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
