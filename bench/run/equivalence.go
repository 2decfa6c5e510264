package run

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A DifferenceError is returned when twins do not do the same work, so that to time them would mean nothing.
type DifferenceError struct {
	Workload string
	Request  contract.Request
	Models   [2]string           // of the two that differ; the first is "the description" if one is not what it promises
	Log      []string            // what the second of them logged
	OtherLog []string            // what the first of them logged, if it is a target
	Lines    []string            // what differs: a line of the one, marked -, and of the other, marked +
	Count    record.FailureCount // of requests to the second; failed ones got a response that differs
	Start    uint64              // of the targets, counted from 1; 0 if they were started to learn their responses
}

// Error shows the whole difference.
func (d *DifferenceError) Error() string {
	text := fmt.Sprintf("%s/%s: %s (-) and %s (+) differ on %s %s:\n  %s\n%s: %s%s", d.Workload, d.Request.Name,
		d.Models[0], d.Models[1], d.Request.Method, cmp.Or(d.Request.Path, "its URL"), strings.Join(d.Lines, "\n  "),
		d.Models[1], &d.Count, startText(d.Start))
	text += process.Logged(d.Log)
	if len(d.OtherLog) > 0 {
		text += "\n" + d.Models[0] + strings.TrimPrefix(process.Logged(d.OtherLog), "; it")
	}
	return text
}

// startText names the start of the targets whose verification found a wrong response, for the end of a clause. That ends
// a run, so that no verification before did.
func startText(start uint64) string {
	switch start {
	case 0:
		return ""
	case 1:
		return ", on verifying the first start of the targets"
	}
	return fmt.Sprintf(", on verifying start %d of the targets, and none before", start)
}

// A verification is that targets send the same responses.
type verification struct {
	requests       []contract.Request
	targets        []*subject.Target
	ignoreHeaders  []string
	allowDifferent bool   // the status alone has to be the same
	start          uint64 // see DifferenceError
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
		if v.allowDifferent {
			r.Want = contract.Want{Status: r.Want.Status}
		}
		var first subject.Response
		for i, t := range v.targets {
			n := recount{client: client, target: t, request: r}
			n.judge = func(sent subject.Response) string {
				a := v.comparable(t, masks, sent)
				if i == 0 {
					return classOf(r.Want, a, a)
				}
				return classOf(r.Want, first, a)
			}
			sent, err := subject.Fetch(ctx, client, t.URL, r)
			n.add(sent, err)
			if err != nil {
				return nil, v.unanswered(ctx, &n, err)
			}
			all = append(all, record.NewResponse(t.Workload, t.Model, r.Name, sent, masks))
			a := v.comparable(t, masks, sent)
			if i == 0 {
				first = a
			}
			if n.Failed() > 0 {
				return nil, v.differ(ctx, &n, first, a)
			}
		}
	}
	return all, nil
}

// comparable returns what of a response is compared.
func (v verification) comparable(t *subject.Target, masks subject.Masks, sent subject.Response) subject.Response {
	if t.External {
		sent.Headers = nil
	}
	if v.allowDifferent {
		return subject.Response{Status: sent.Status}
	}
	return sent.Comparable(masks, v.ignoreHeaders)
}

// unanswered returns the error of a request that got no response, with how often that was so.
func (v verification) unanswered(ctx context.Context, n *recount, err error) error {
	if !isTimeout(err) {
		n.run(ctx)
	}
	return fmt.Errorf("asking %s %s for %s: %w; %s%s%s", n.target.Workload, n.target.Model, n.request.Name, err,
		&n.FailureCount, startText(v.start), process.Logged(n.target.Logged(true)))
}

// differ compares the response of a target with what is expected and with that of the first. What was learnt of another
// target says less than that target.
func (v verification) differ(ctx context.Context, n *recount, first, a subject.Response) error {
	t, r := n.target, n.request
	n.run(ctx)
	d := &DifferenceError{Workload: t.Workload, Request: r, Models: [2]string{"the description", t.Model},
		Log: t.Logged(true), Count: n.FailureCount, Start: v.start}
	expected, differences := a.Mismatches(r.Want), first.Differences(a)
	learnt := t.Workload == subject.ScriptWorkload || t.Workload == subject.ExternalWorkload
	switch {
	case differences != nil && (learnt || expected == nil):
		d.Models[0], d.Lines, d.OtherLog = v.targets[0].Model, differences, v.targets[0].Logged(true)
	case learnt:
		d.Models[0], d.Lines = "what was learnt before", expected
	default:
		d.Lines = expected
	}
	return d
}
