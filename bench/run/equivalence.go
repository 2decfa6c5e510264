package run

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A DifferenceError is returned when targets of a workload respond differently. Comparing their times would be
// meaningless.
type DifferenceError struct {
	Workload string
	Request  contract.Request
	Models   [2]string           // models that differ; the first may be "the description" of the workload
	Log      []string            // log lines of the second target
	OtherLog []string            // log lines of the first target, if it is one
	Lines    []string            // diff lines: those of the first are marked -, those of the second +
	Count    record.FailureCount // requests to the second; failed means a different response
	Start    uint64              // number of the start of the targets, from 1; 0 while learning responses
}

// Error returns a text with the whole difference.
func (d *DifferenceError) Error() string {
	text := fmt.Sprintf("%s: %s (-) and %s (+) differ on %s %s:\n  %s\n%s: %s%s",
		subject.RequestName(d.Workload, d.Request.Name), d.Models[0], d.Models[1], d.Request.Method,
		cmp.Or(d.Request.Path, "its URL"), strings.Join(d.Lines, "\n  "), d.Models[1], &d.Count, startText(d.Start))
	text += process.Logged(d.Log)
	if len(d.OtherLog) > 0 {
		text += "\n" + d.Models[0] + strings.TrimPrefix(process.Logged(d.OtherLog), "; it")
	}
	return text
}

// startText returns the number of the start of the targets whose verification failed, for the end of a clause. A
// failure ends the run, so earlier verifications passed.
func startText(start uint64) string {
	switch start {
	case 0:
		return ""
	case 1:
		return " (while verifying start 1 of the targets)"
	}
	return fmt.Sprintf(" (while verifying start %d of the targets; earlier starts passed)", start)
}

// A verification compares the responses of targets.
type verification struct {
	requests       []contract.Request
	targets        []*subject.Target
	ignoreHeaders  []string
	allowDifferent bool   // compare only the status
	start          uint64 // see DifferenceError
	concurrent     bool   // send requests to all targets at the same time, as they share nothing
	// lose, if set, is called with the error of a target. If it returns true, the other targets are verified; without the
	// first one, there is nothing to compare them with.
	lose func(t *subject.Target, err error) bool
}

// A fetched is the result of a request: a response or an error.
type fetched struct {
	sent subject.Response
	err  error
	took time.Duration
}

// fetch sends a request to each of the targets. Unless v.concurrent is set, it stops at the first that does not
// respond.
func (v verification) fetch(ctx context.Context, client *http.Client, r contract.Request) []fetched {
	responses := make([]fetched, len(v.targets))
	fetch := func(i int) error {
		began := time.Now()
		sent, err := subject.Fetch(ctx, client, v.targets[i].URL, r)
		responses[i] = fetched{sent, err, time.Since(began)}
		return err
	}
	if !v.concurrent {
		for i := range v.targets {
			if fetch(i) != nil && v.lose == nil {
				break
			}
		}
		return responses
	}
	var all sync.WaitGroup
	for i := range v.targets {
		all.Go(func() { fetch(i) })
	}
	all.Wait()
	return responses
}

// verify sends every request to each of the targets and returns their responses. The error is a *DifferenceError if a
// response differs from the description, or from that of the first target.
func (v verification) verify(ctx context.Context) (all []record.Response, err error) {
	client := subject.NewClient()
	defer client.CloseIdleConnections()
	lost := map[int]bool{}
	forgiven := func(i int, err error) bool {
		lost[i] = v.lose != nil && v.lose(v.targets[i], err)
		return lost[i]
	}
	for _, r := range v.requests {
		masks, err := subject.NewMasks(r.Want.Masks)
		if err != nil {
			return nil, err
		}
		if v.allowDifferent {
			r.Want = contract.Want{Status: r.Want.Status}
		}
		var first subject.Response
		responses := v.fetch(ctx, client, r)
		for i, t := range v.targets {
			if lost[0] || lost[i] {
				continue
			}
			n := recount{client: client, target: t, request: r}
			n.judge = func(sent subject.Response) string {
				a := v.comparable(t, masks, sent)
				if i == 0 {
					return classOf(r.Want, a, a)
				}
				return classOf(r.Want, first, a)
			}
			sent, err := responses[i].sent, responses[i].err
			n.add(sent, err)
			if err != nil {
				if err = v.noResponseError(ctx, &n, err); forgiven(i, err) {
					continue
				}
				return nil, err
			}
			t.Slowest = max(t.Slowest, responses[i].took)
			all = append(all, record.NewResponse(t.Workload, t.Model, r.Name, sent, masks))
			a := v.comparable(t, masks, sent)
			if i == 0 {
				first = a
			}
			if n.Failed() > 0 {
				if err := v.differenceError(ctx, &n, first, a); !forgiven(i, err) {
					return nil, err
				}
			}
		}
	}
	return all, nil
}

// comparable returns the parts of a response that are compared.
func (v verification) comparable(t *subject.Target, masks subject.Masks, sent subject.Response) subject.Response {
	if t.External {
		sent.Headers = nil
	}
	if v.allowDifferent {
		return subject.Response{Status: sent.Status}
	}
	return sent.Comparable(masks, v.ignoreHeaders)
}

// noResponseError returns the error of a request that got no response, with the number of such requests.
func (v verification) noResponseError(ctx context.Context, n *recount, err error) error {
	if !isTimeout(err) {
		n.run(ctx)
	}
	return fmt.Errorf("requesting %s from %s as %s: %w; %s%s%s", n.request.Name, n.target.Workload, n.target.Model, err,
		&n.FailureCount, startText(v.start), process.Logged(n.target.Logged(true)))
}

// differenceError returns the difference of a target's response from the expected response or from that of the first
// target. A difference from the first target is preferred to one from a learned response.
func (v verification) differenceError(ctx context.Context, n *recount, first, a subject.Response) error {
	t, r := n.target, n.request
	n.run(ctx)
	d := &DifferenceError{Workload: t.Workload, Request: r, Models: [2]string{"the description", t.Model},
		Log: t.Logged(true), Count: n.FailureCount, Start: v.start}
	expected, differences := a.Mismatches(r.Want), first.Differences(a)
	learned := subject.IsLearnt(r) || v.lose != nil // the requests of a suite have the names of their groups
	switch {
	case differences != nil && (learned || expected == nil):
		d.Models[0], d.Lines, d.OtherLog = v.targets[0].Model, differences, v.targets[0].Logged(true)
	case learned:
		d.Models[0], d.Lines = "the expected response", expected
	default:
		d.Lines = expected
	}
	return d
}
