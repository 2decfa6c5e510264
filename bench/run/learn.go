package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A Lesson describes the expected responses to learn from targets before the measurement.
type Lesson struct {
	Workload       string
	Asked          []subject.Asked
	Sides          []Side // the responses of the first are expected of the others
	AllowDifferent bool   // expect only the status
	IgnoreHeaders  []string
	// Examine, if set, is called for each side while its target is running.
	Examine func(ctx context.Context, s Side, t *subject.Target, requests []contract.Request) error
}

// A Side is a target that is started to learn its responses.
type Side struct{ Model, Title string }

// Learn starts the sides, records the first side's response to each request whose response is to be learned, and
// verifies that the other sides send the same. It returns the requests with the expected responses.
func (n Lesson) Learn(ctx context.Context, l Launcher) (requests []contract.Request, failed error) {
	var targets []*subject.Target
	for i, side := range n.Sides {
		t, stop, err := l.Launch(ctx, side.Model, n.Workload)
		if starting := "starting " + side.Title; err != nil && strings.HasPrefix(err.Error(), starting) {
			return nil, err // errors of commands already contain this
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", starting, err)
		}
		defer func() { failed = errors.Join(failed, stop()) }()
		targets = append(targets, t)
		learned, err := n.learn(ctx, t)
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", side.Title, endOr([]*subject.Target{t}, err))
		}
		if i == 0 {
			requests = learned
		}
		if n.Examine != nil {
			if err := n.Examine(ctx, side, t, learned); err != nil {
				return nil, err
			}
		}
	}
	_, err := verification{requests: requests, targets: targets, ignoreHeaders: n.IgnoreHeaders,
		allowDifferent: n.AllowDifferent}.verify(ctx)
	return requests, endOr(targets, err)
}

// learn returns the requests with the responses of a target as expected responses.
func (n Lesson) learn(ctx context.Context, t *subject.Target) (requests []contract.Request, err error) {
	for _, asked := range n.Asked {
		r := asked.Request
		if asked.Learn {
			want, err := recordExpected(ctx, t, asked, n.IgnoreHeaders)
			if err != nil && !(n.AllowDifferent && isVariance(err)) {
				return nil, err
			}
			if r.Want = want; n.AllowDifferent {
				r.Want = contract.Want{Status: want.Status}
			}
		}
		requests = append(requests, r)
	}
	return requests, nil
}

// endOr returns the reason why one of the targets ended, if a target ended or is about to and so caused err. Otherwise
// it returns err.
func endOr(targets []*subject.Target, err error) error {
	for end := time.Now().Add(longExitDelay); isWithoutResponse(err) && time.Now().Before(end); time.Sleep(exitPoll) {
		ending := false
		for _, t := range targets {
			select {
			case why := <-t.Gone: // never ready if it is nil
				return fmt.Errorf("learning its response: %w", why)
			default:
				ending = ending || t.Gone != nil
			}
		}
		if !ending {
			break
		}
	}
	return err
}

// exitPoll is the interval of checking whether a target has ended.
const exitPoll = 10 * time.Millisecond
