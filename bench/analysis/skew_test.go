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

// inTurn are responses to one client.
func inTurn(responses ...time.Duration) (all []record.Observation) {
	at := time.Duration(0)
	for _, response := range responses {
		all = append(all, record.Observation{Intended: at, Sent: at, FirstByte: at + response, Done: at + response, Status: 200})
		at += response
	}
	return all
}

// Throughput × mean response time is the number of clients. Where the median is far below the mean, the warning says which of
// the two misleads: the median if each block has slow requests, the throughput if some blocks are slow.
func TestSkew(t *testing.T) {
	const fast = 10 * time.Microsecond
	even := slices.Repeat([]time.Duration{fast}, 100)
	for name, test := range map[string]struct {
		block func(round int) []time.Duration
		want  string
	}{
		"even": {func(int) []time.Duration { return even }, ""},
		"slow requests in each block": {func(int) []time.Duration { return append(slices.Clone(even), 20*time.Millisecond) },
			"; for hello/hello, persistent, 1 client, fake the median misleads"},
		"slow blocks": {func(round int) []time.Duration {
			if round < 2 {
				return slices.Repeat([]time.Duration{10 * time.Millisecond}, 5)
			}
			return even
		}, "; for hello/hello, persistent, 1 client, fake the throughput misleads"},
	} {
		m := analysistest.Fake{Cells: []plan.Cell{analysistest.Cell(plan.Baseline, 1)}, Block: func(_ plan.Cell, round int) []record.Observation {
			return inTurn(test.block(round)...)
		}}
		a := analysistest.Analyze(t, m.Record(t, 8))
		got := ""
		for _, w := range a.Warnings {
			if w.Code == "skewed" {
				got = w.Text
			}
		}
		if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
			t.Errorf("%s: the warning is %q, want %q in it", name, got, test.want)
		}
	}
}

// What does not get steady is named, by its warm-ups and by its starts.
func TestUnsteady(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(_ plan.Cell, round int) []record.Observation {
		response := 10 * time.Microsecond
		if round >= 40 {
			response *= 2
		}
		return inTurn(response, response, response, response, response)
	}}
	r := m.Record(t, 80)
	r.WarmUps = []record.WarmUp{{Workload: "hello", Model: "persistent", Steady: true}, {Workload: "hello", Model: "other"}}
	a := analysistest.Analyze(t, r)
	i := slices.IndexFunc(a.Warnings, func(w analysis.Warning) bool { return w.Code == "unsteady" })
	if i < 0 {
		t.Fatalf("no warning that it is unsteady: %+v", a.Warnings)
	}
	if want := "hello/hello, persistent, 1 client, fake: 1 of 1 starts were slowing or unsteady"; a.Warnings[i].Text != want {
		t.Errorf("the warning is %q, want %q", a.Warnings[i].Text, want)
	}
	r.WarmUps[0].Steady = false
	a = analysistest.Analyze(t, r)
	if want := "; hello as persistent was not steady at the end of its warm-up in 1 of 1 starts"; !strings.HasSuffix(a.Warnings[i].Text, want) {
		t.Errorf("the warning is %q, want %q at its end", a.Warnings[i].Text, want)
	}
}
