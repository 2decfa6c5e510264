package run

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A DifferenceError is returned when twins do not do the same work, so that to time them would mean nothing.
type DifferenceError struct {
	Workload string
	Request  contract.Request
	Models   [2]string // of the two that differ; the first is "the description" if one is not what it promises
	Log      []string  // what the second of them logged
	Lines    []string  // what differs: a line of the one, marked -, and of the other, marked +
}

// Error shows the whole difference.
func (d *DifferenceError) Error() string {
	return fmt.Sprintf("%s/%s: %s (-) and %s (+) differ on %s %s:\n  %s", d.Workload, d.Request.Name,
		d.Models[0], d.Models[1], d.Request.Method, cmp.Or(d.Request.Path, "its URL"), strings.Join(d.Lines, "\n  ")) +
		process.Logged(d.Log)
}

// A verification is that targets send the same responses.
type verification struct {
	requests       []contract.Request
	targets        []*subject.Target
	ignoreHeaders  []string
	allowDifferent bool // the status alone has to be the same
}

// verify sends every request to each of the targets and returns a *DifferenceError if a response is not what the
// description says, or not what another target sent. It returns what they sent.
func (v verification) verify(ctx context.Context) (all []record.Response, err error) {
	client := subject.NewClient()
	defer client.CloseIdleConnections()
	for _, r := range v.requests {
		masks, err := subject.NewMasks(r.Want.Masks)
		if err != nil {
			return nil, err
		}
		var first subject.Response
		for i, t := range v.targets {
			began := time.Now()
			sent, err := subject.Fetch(ctx, client, t.URL, r)
			if err != nil {
				return nil, fmt.Errorf("asking %s %s for %s: %w", t.Workload, t.Model, r.Name, err)
			}
			t.Slowest = max(t.Slowest, time.Since(began))
			all = append(all, record.NewResponse(t.Workload, t.Model, r.Name, sent, masks))
			if t.External {
				sent.Headers = nil
			}
			a := sent.Comparable(masks, v.ignoreHeaders)
			if v.allowDifferent {
				a = subject.Response{Status: a.Status}
				r.Want = contract.Want{Status: r.Want.Status}
			}
			if i == 0 {
				first = a
			}
			if err := v.compare(t, r, first, a); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// compare compares the response of a target with what is expected and with that of the first. What was learnt of another
// target says less than that target.
func (v verification) compare(t *subject.Target, r contract.Request, first, a subject.Response) error {
	expected, differences := a.Mismatches(r.Want), first.Differences(a)
	learnt := t.Workload == subject.ScriptWorkload || t.Workload == subject.ExternalWorkload
	switch {
	case differences != nil && (learnt || expected == nil):
		return v.differ(t, r, v.targets[0].Model, differences)
	case expected != nil && learnt:
		return v.differ(t, r, "what was learnt before", expected)
	case expected != nil:
		return v.differ(t, r, "the description", expected)
	}
	return nil
}

func (v verification) differ(t *subject.Target, r contract.Request, from string, lines []string) error {
	return &DifferenceError{Workload: t.Workload, Request: r, Models: [2]string{from, t.Model}, Lines: lines,
		Log: t.Logged(false)}
}
