package progress

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"time"

	"forktax/bench/plan"
	"forktax/bench/run"
)

func TestForecastInWords(t *testing.T) {
	const s = time.Second
	for want, f := range map[string]run.Forecast{
		"measuring for about 32 s (at most 60 s): 8 starts of 9 targets": {
			Total: 32 * s, Max: 60 * s, Starts: 8, Targets: 9},
		"measuring for about 4.3 s (at most 6 s): 6 starts of 1 target, fewer than 8 because the budget is short": {
			Total: 4300 * ms, Max: 6 * s, Starts: 6, Targets: 1},
		"measuring for about 12 s: 8 starts of 2 targets": {Total: 12 * s, Starts: 8, Targets: 2},
		"measuring for about 95 s, more than twice the budget of 3 s: 3 starts of 2 targets, each with a round of visits " +
			"of about 30 s": {Total: 95 * s, Max: 6 * s, Starts: 3, Targets: 2, Round: 30 * s},
		"measuring for about 36 s (at most 64 s): 8 starts of 2 targets with 4 s of warm-up (not counted in the budget)": {
			Total: 36 * s, Max: 64 * s, WarmUp: 4 * s, Starts: 8, Targets: 2},
		"searching for 20 s to 5 min, longer if visits are disturbed: 3 starts of 2 targets with 2 s of warm-up " +
			"(not counted in the budget), fewer than 8 because the budget is short": {
			Least: 20 * s, Total: 300 * s, WarmUp: 2 * s, Starts: 3, Targets: 2},
	} {
		if got := forecast(f, 8); got != want {
			t.Errorf("forecast(%+v) = %q, want %q", f, got, want)
		}
	}
}

const ms = time.Millisecond

// If not on a terminal, there is a line for each start of the targets, and one when half of the run is done.
func TestProgressInLines(t *testing.T) {
	steps := []run.Progress{
		{Share: 0.01, Left: 30 * time.Second},
		{Share: 0.2, Left: 24 * time.Second},
		{Share: 0.3, Left: 21 * time.Second, Start: 1},
		{Share: 0.52, Left: 14 * time.Second, Start: 1},
		{Share: 0.6, Left: 12 * time.Second, Start: 1},
		{Share: 0.98, Left: 600 * ms, Start: 2},
	}
	for name, test := range map[string]struct {
		plan  plan.Plan
		steps []run.Progress
		want  string
	}{
		"a run": {plan.Plan{}, steps, `measuring: 1% done, targets started once, 30 s left
measuring: 30% done, targets started 2 times, 21 s left
measuring: 52% done, 14 s left
measuring: 98% done, targets started 3 times, 0.6 s left
`},
		"half is done at a start": {plan.Plan{}, append(steps[:2:2], steps[4:]...),
			`measuring: 1% done, targets started once, 30 s left
measuring: 60% done, targets started 2 times, 12 s left
measuring: 98% done, targets started 3 times, 0.6 s left
`},
		"a check, with many starts": {plan.Plan{Check: &plan.CheckSpec{}}, steps,
			"measuring: 1% done, targets started once, at most 30 s left\n"},
		"a search, without remaining time": {plan.Plan{Searched: true},
			[]run.Progress{{Share: 0}, {Share: 0.6}, {Share: 0.9, Start: 1}},
			"measuring: 0% done, targets started once\nmeasuring: 90% done, targets started 2 times\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			p := New(&out, test.plan)
			for _, now := range test.steps {
				p.Show(now)
			}
			p.End()
			if got := out.String(); got != test.want {
				t.Errorf("lines:\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// predicted matches the bar's own prediction: [elapsed:left].
var predicted = regexp.MustCompile(`\[\w+:\w+\]`)

// The bar shows the remaining time of a run. For a search, which does not report it, the bar shows its own prediction.
func TestProgressBar(t *testing.T) {
	cell := plan.Cell{Workload: "guestbook", Request: "read", Model: "cgi", Engine: "epoll",
		Load: plan.Load{Kind: plan.Closed, Concurrency: 8}}
	for predicts, left := range map[bool]time.Duration{false: 15 * time.Second, true: 0} {
		var out bytes.Buffer
		p := &Display{to: &out, bar: newBar(&out, predicts)}
		p.Show(run.Progress{Share: 0.2, Left: 2 * left, Cell: cell})
		p.Show(run.Progress{Share: 0.5, Left: left, Cell: cell})
		p.Show(run.Progress{Share: 0.4, Left: left, Cell: cell}) // the share goes back if a prediction was too short
		lines := strings.Split(strings.TrimSpace(out.String()), "\r")
		got := lines[len(lines)-1]
		if !strings.Contains(got, "guestbook/read, cgi, 8 clients, epoll") || !strings.Contains(got, " 50% ") {
			t.Errorf("bar = %q, want the cell and 50%%", got)
		}
		if strings.Contains(got, "15 s left") == predicts || predicted.MatchString(got) != predicts {
			t.Errorf("bar = %q, want its own prediction: %t", got, predicts)
		}
	}
}
