package analysis_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// inTurn returns consecutive responses to one client.
func inTurn(responses ...time.Duration) (all []record.Observation) {
	at := time.Duration(0)
	for _, response := range responses {
		all = append(all, record.Observation{Intended: at, Sent: at, FirstByte: at + response, Done: at + response,
			Status: 200})
		at += response
	}
	return all
}

// Throughput × mean response time is the number of clients. If the median is far below the mean, the warning names the
// misleading metric: the median if each block has slow requests, the throughput if some blocks are slow.
func TestSkew(t *testing.T) {
	const fast = 10 * time.Microsecond
	even := slices.Repeat([]time.Duration{fast}, 100)
	for name, test := range map[string]struct {
		block func(round int) []time.Duration
		want  string
	}{
		"even": {func(int) []time.Duration { return even }, ""},
		"slow requests in each block": {func(int) []time.Duration { return append(slices.Clone(even), 20*time.Millisecond) },
			"; for hello, persistent, 1 client, fake the median is misleading"},
		"slow blocks": {func(round int) []time.Duration {
			if round < 2 {
				return slices.Repeat([]time.Duration{10 * time.Millisecond}, 5)
			}
			return even
		}, "; for hello, persistent, 1 client, fake the throughput is misleading"},
	} {
		m := analysistest.Fake{Cells: []plan.Cell{analysistest.Cell(plan.Baseline, 1)},
			Block: func(_ plan.Cell, round int) []record.Observation { return inTurn(test.block(round)...) }}
		a := analysistest.Analyze(t, m.Record(t, 8))
		got := ""
		for _, w := range a.Warnings {
			if w.Code == "skewed" {
				got = w.Text
			}
		}
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: the warning is %q, want it to contain %q", name, got, test.want)
		}
	}
}

// The warning names targets that do not reach a steady state, by their warm-ups and by their starts.
func TestUnsteady(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(_ plan.Cell, round int) []record.Observation {
		response := 10 * time.Microsecond
		if round >= 40 {
			response *= 2
		}
		return inTurn(response, response, response, response, response)
	}}
	r := m.Record(t, 80)
	r.WarmUps = []record.WarmUp{{Workload: "hello", Model: "persistent", Steady: true},
		{Workload: "hello", Model: "other"}}
	a := analysistest.Analyze(t, r)
	i := slices.IndexFunc(a.Warnings, func(w analysis.Warning) bool { return w.Code == "unsteady" })
	if i < 0 {
		t.Fatalf("warnings %+v, want one of code unsteady", a.Warnings)
	}
	want := "hello, persistent, 1 client, fake: 1 of 1 starts were slowing or unsteady"
	if a.Warnings[i].Text != want {
		t.Errorf("the warning is %q, want %q", a.Warnings[i].Text, want)
	}
	r.WarmUps[0].Steady = false
	a = analysistest.Analyze(t, r)
	want = "; hello as persistent had not reached a steady state after warm-up in 1 of 1 starts"
	if !strings.HasSuffix(a.Warnings[i].Text, want) {
		t.Errorf("the warning is %q, want it to end with %q", a.Warnings[i].Text, want)
	}
}
