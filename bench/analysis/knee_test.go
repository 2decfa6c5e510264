package analysis_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// curve returns the cells of both models at the rates.
func curve(rates ...float64) []plan.Cell {
	var cells []plan.Cell
	for _, rate := range rates {
		for _, c := range analysistest.OpenTwins() {
			c.Load.RateRPS = rate
			cells = append(cells, c)
		}
	}
	return cells
}

// evenly returns responses to requests that are due at even intervals for 250 ms.
func evenly(rate float64, response func(due time.Duration) time.Duration) []record.Observation {
	var all []record.Observation
	gap := time.Duration(float64(time.Second) / rate)
	for due := time.Duration(0); due < 250*time.Millisecond; due += gap {
		all = append(all, record.Observation{Intended: due, Sent: due, FirstByte: due, Done: due + response(due),
			Status: 200})
	}
	return all
}

func always(d time.Duration) func(time.Duration) time.Duration {
	return func(time.Duration) time.Duration { return d }
}

// evaluated records rounds of the cells, changes the blocks, and evaluates the objective p50 ≤ 80 ms.
func evaluated(t *testing.T, cells []plan.Cell, rounds int, block func(plan.Cell, int) []record.Observation,
	change func(c plan.Cell, b *record.Block)) *analysis.Analysis {
	t.Helper()
	m := analysistest.Fake{Cells: cells, Block: block}
	r := m.Record(t, rounds)
	r.Plan.Objective = &plan.Objective{Percentile: 0.5, LimitNS: int64(80 * time.Millisecond)}
	for i := range r.Blocks {
		change(cells[r.Blocks[i].Cell], &r.Blocks[i])
	}
	return analysistest.Analyze(t, r)
}

func unchanged(plan.Cell, *record.Block) {}
func nothing(*record.Block)              {}

// wantText fails unless the text report contains the line.
func wantText(t *testing.T, a *analysis.Analysis, line string) {
	t.Helper()
	if text := string(analysistest.Print(t, "text", a)); !strings.Contains(text, line) {
		t.Errorf("the text does not contain %q:\n%s", line, text)
	}
}

// The knee is the highest rate that meets the objective, below the lowest rate that does not. The text has one sentence
// for both models.
func TestKnees(t *testing.T) {
	a := evaluated(t, curve(100, 200, 4000), 1, func(c plan.Cell, _ int) []record.Observation {
		response := time.Duration(c.Load.RateRPS) * 10 * time.Microsecond
		if c.Model == "cgi" {
			response *= 3
		}
		return evenly(c.Load.RateRPS, always(response))
	}, unchanged)
	want := []analysis.Knee{
		{Workload: "hello", Request: "hello", Model: "persistent", Objective: "p50 ≤ 80 ms", MetRPS: new(4000.0)},
		{Workload: "hello", Request: "hello", Model: "cgi", Objective: "p50 ≤ 80 ms", MetRPS: new(200.0),
			FailedRPS: new(4000.0), Reason: "response times", Detail: "its p50 was 120 ms"},
	}
	if diff := cmp.Diff(want, a.Knees); diff != "" {
		t.Errorf("knees (-want +got):\n%s", diff)
	}
	wantText(t, a, "hello: cgi meets p50 ≤ 80 ms up to 200/s (at 4,000/s its p50 was 120 ms); "+
		"persistent does at every tested rate, up to 4,000/s.\n")
}

// The knee has the cause for which a model missed the objective.
func TestWhatGaveOut(t *testing.T) {
	fine, slow := evenly(200, always(10*time.Millisecond)), evenly(200, always(100*time.Millisecond))
	late := slices.Clone(slow)
	for i := range late {
		late[i].Sent = late[i].Done - 10*time.Millisecond
	}
	for name, test := range map[string]struct {
		block          []record.Observation // block of cgi at 200/s
		change         func(*record.Block)  // changes the same block
		reason, detail string
	}{
		"too slow": {slow, nothing, "response times", "its p50 was 100 ms"},
		"requests fail": {append(slices.Clone(fine), analysistest.Failed(record.ErrReset),
			analysistest.Failed(record.ErrWrongStatus)), nothing,
			"errors", "2 of 52 requests failed: 1 reset, 1 wrong status"},
		// The response to the last request, due at 245 ms, arrives 62.25 ms later. So the requests of 250 ms took
		// 307.25 ms, and 200/s became 163/s. The median, of the request due at 120 ms, is 31 ms, which alone would meet
		// the objective.
		"a queue grows": {evenly(200, func(due time.Duration) time.Duration { return due/4 + time.Millisecond }), nothing,
			"overload", "the server reached 163/s of 200/s"},
		"the generator is late": {late, nothing,
			"generator", "the load generator could not keep up, so the server may sustain more"},
		"the generator is at its limit": {slow, func(b *record.Block) { b.GeneratorNS = 7e8 },
			"generator", "the load generator was at its limit, so the server may sustain more"},
		"garbage is collected": {slow, func(b *record.Block) { b.Collections = 1 },
			"generator", "the load generator collected garbage, so the server may sustain more"},
		"connections are dropped": {slow, func(b *record.Block) { b.Machine.ListenDrops = 1 },
			"network", "connections were dropped, possibly because the server's listen backlog is full"},
		"all requests are discarded": {fine, func(b *record.Block) { b.DiscardNS = 1e9 }, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			bad := func(c plan.Cell) bool { return c.Model == "cgi" && c.Load.RateRPS == 200 }
			a := evaluated(t, curve(100, 200), 1, func(c plan.Cell, _ int) []record.Observation {
				if bad(c) {
					return test.block
				}
				return evenly(c.Load.RateRPS, always(10*time.Millisecond))
			}, func(c plan.Cell, b *record.Block) {
				if bad(c) {
					test.change(b)
				}
			})
			want := analysis.Knee{Workload: "hello", Request: "hello", Model: "cgi", Objective: "p50 ≤ 80 ms",
				MetRPS: new(100.0), FailedRPS: new(200.0), Reason: test.reason, Detail: test.detail}
			if test.reason == "" {
				want.FailedRPS, want.UnclearRPS = nil, []float64{200}
				want.Undecided = "too few requests at 200/s to compute p50"
			} else {
				wantText(t, a, "cgi meets p50 ≤ 80 ms up to 100/s (at 200/s "+test.detail+")")
			}
			if diff := cmp.Diff(want, a.Knees[1]); diff != "" {
				t.Errorf("the knee of cgi (-want +got):\n%s", diff)
			}
			if k := a.Knees[0]; k.MetRPS == nil || *k.MetRPS != 200 || k.FailedRPS != nil {
				t.Errorf("the knee of persistent is %+v, want the objective met at 100/s and 200/s", k)
			}
		})
	}
}

// Under these conditions a rate still meets the objective.
func TestWhatDoesNotGiveOut(t *testing.T) {
	quick := always(10 * time.Millisecond)
	for name, test := range map[string]struct {
		block  func(round int) []record.Observation // block at 200/s
		change func(*record.Block)
	}{
		"each request is just fast enough": {func(int) []record.Observation {
			return evenly(200, always(79*time.Millisecond))
		}, nothing},
		"one of many requests takes long": {func(int) []record.Observation {
			all := evenly(200, quick)
			all[len(all)-1].Done += time.Second
			return all
		}, nothing},
		"a moment of noise in one block of ten": {func(round int) []record.Observation {
			if round != 3 {
				return evenly(200, quick)
			}
			return evenly(200, func(due time.Duration) time.Duration { return 2 * due })
		}, nothing},
		"fewer requests than planned": {func(int) []record.Observation {
			return evenly(200, quick)[:30]
		}, nothing},
		"a plan of few arrivals is longer than the block": {func(int) []record.Observation {
			all := evenly(200, quick)
			for i := range all {
				due := all[i].Intended * 4
				all[i].Intended, all[i].Sent, all[i].Done = due, due, due+time.Millisecond
			}
			return all
		}, nothing},
		"half of the blocks are invalid": {func(int) []record.Observation { return evenly(200, quick) },
			func(b *record.Block) {
				if b.Round < 5 {
					b.Collections = 1
				}
			}},
		"all blocks are invalid but meet the objective": {func(int) []record.Observation { return evenly(200, quick) },
			func(b *record.Block) { b.Collections, b.GeneratorNS = 1, 7e8 }},
		"a connection of another program was dropped": {func(int) []record.Observation { return evenly(200, quick) },
			func(b *record.Block) {
				if b.Round == 3 {
					b.Machine.SYNRetransmits = 1
				}
			}},
	} {
		t.Run(name, func(t *testing.T) {
			a := evaluated(t, curve(200), 10,
				func(_ plan.Cell, round int) []record.Observation { return test.block(round) },
				func(_ plan.Cell, b *record.Block) { test.change(b) })
			for _, k := range a.Knees {
				if k.MetRPS == nil || *k.MetRPS != 200 {
					t.Errorf("the knee of %s is %+v, want the objective met at 200/s", k.Model, k)
				}
			}
		})
	}
}

// A rate misses the objective if a request failed or was affected by a dropped connection, even if this is in only one
// block of ten and that block is invalid.
func TestFailedRequestsAreNeverMet(t *testing.T) {
	collect := func(b *record.Block) { b.Collections = 1 }
	drop := func(b *record.Block) { b.Machine.ListenDrops = 1 }
	for name, test := range map[string]struct {
		odd    record.Observation // observation in addition to correct responses
		change func(*record.Block)
		reason string
	}{
		"refused":                     {analysistest.Failed(record.ErrRefused), nothing, "errors"},
		"refused in an invalid block": {analysistest.Failed(record.ErrRefused), collect, "errors"},
		"dropped":                     {record.Observation{Done: time.Second, Status: 200}, drop, "network"},
	} {
		t.Run(name, func(t *testing.T) {
			a := evaluated(t, curve(200), 10, func(_ plan.Cell, round int) []record.Observation {
				all := evenly(200, always(10*time.Millisecond))
				if round == 3 {
					all = append(all, test.odd)
				}
				return all
			}, func(_ plan.Cell, b *record.Block) {
				if b.Round == 3 {
					test.change(b)
				}
			})
			for _, k := range a.Knees {
				if k.MetRPS != nil || k.Reason != test.reason {
					t.Errorf("the knee of %s is %+v, want none: %s", k.Model, k, test.reason)
				}
			}
		})
	}
}

// Requests that wait for a connection wait for the server, so the wait is not the generator's lag.
func TestLagForWantOfConnections(t *testing.T) {
	// Each request occupies the only connection for 10 ms. Requests are due every 5 ms, so they wait longer and longer.
	waiting := func(plan.Cell, int) []record.Observation {
		all := evenly(200, always(10*time.Millisecond))
		for i := range all[1:] {
			all[i+1].Sent = all[i].Done
			all[i+1].Done = all[i+1].Sent + 10*time.Millisecond
		}
		return all
	}
	for connections, want := range map[int]analysis.Counts{1: nil, 2: {"lag": 1}} {
		cells := curve(200)
		for i := range cells {
			cells[i].Load.Concurrency = connections
		}
		a := evaluated(t, cells, 1, waiting, unchanged)
		for _, c := range a.Cells {
			if diff := cmp.Diff(want, c.Invalid); diff != "" {
				t.Errorf("%s with %d connections: invalid blocks (-want +got):\n%s", c.Model, connections, diff)
			}
		}
		if got, want := a.Knees[0].Reason, map[int]string{1: "overload", 2: "generator"}[connections]; got != want {
			t.Errorf("with %d connections the reason is %q, want %q", connections, got, want)
		}
	}
}

// A rate that misses the objective between rates that meet it may be noise: it counts, and the knee is undecided.
func TestKneesThatAreMetAgain(t *testing.T) {
	a := evaluated(t, curve(100, 200, 400, 800, 1600), 1, func(c plan.Cell, _ int) []record.Observation {
		slow := c.Load.RateRPS == 200 || c.Load.RateRPS == 1600
		if c.Model == "cgi" && slow {
			return evenly(c.Load.RateRPS, always(100*time.Millisecond))
		}
		return evenly(c.Load.RateRPS, always(10*time.Millisecond))
	}, unchanged)
	if diff := cmp.Diff([]float64{400, 800}, a.Knees[1].AgainRPS); diff != "" || *a.Knees[1].FailedRPS != 200 {
		t.Errorf("the knee of cgi is %+v, want it missed at 200/s and met again at (-want +got):\n%s", a.Knees[1], diff)
	}
	wantText(t, a, "cgi meets p50 ≤ 80 ms up to 100/s (at 200/s its p50 was 100 ms; undecided: the objective was missed "+
		"at 200/s but met at 400/s); persistent does")
}

// Response times rise with the rate. If they fall by much, the cause is noise.
func TestKneesThatContradict(t *testing.T) {
	for want, second := range map[string]time.Duration{
		"p50 was 200 ms at 200/s but 90.0 ms at 400/s": 90 * time.Millisecond,
		"": 140 * time.Millisecond,
	} {
		a := evaluated(t, curve(100, 200, 400), 1, func(c plan.Cell, _ int) []record.Observation {
			times := map[float64]time.Duration{100: 10 * time.Millisecond, 200: 200 * time.Millisecond, 400: second}
			return evenly(c.Load.RateRPS, always(times[c.Load.RateRPS]))
		}, unchanged)
		if got := a.Knees[1].Undecided; got != want {
			t.Errorf("with %v at 400/s the knee is undecided because %q, want %q", second, got, want)
		}
	}
}

// Only models that were measured at all rates have a knee, and the floor has none.
func TestWhatHasAKnee(t *testing.T) {
	cells := curve(100, 200)
	intermediate := cells[0]
	intermediate.Model = "reload"
	cells = append(cells, intermediate)
	for _, c := range curve(100, 200) {
		if c.Model == "cgi" {
			c.Workload, c.Request = "floor", "floor"
			cells = append(cells, c)
		}
	}
	m := analysistest.Fake{Cells: cells, Block: func(c plan.Cell, _ int) []record.Observation {
		return evenly(c.Load.RateRPS, always(10*time.Millisecond))
	}}
	r := m.Record(t, 1)
	r.Plan.Floor = "floor"
	r.Plan.Objective = &plan.Objective{Percentile: 0.5, LimitNS: int64(80 * time.Millisecond)}
	var models []string
	for _, k := range analysistest.Analyze(t, r).Knees {
		models = append(models, k.Workload+" as "+k.Model)
	}
	if diff := cmp.Diff([]string{"hello as persistent", "hello as cgi"}, models); diff != "" {
		t.Errorf("models with a knee (-want +got):\n%s", diff)
	}
}

func TestKneesThatAreNone(t *testing.T) {
	slow := func(c plan.Cell, _ int) []record.Observation {
		if c.Model == "cgi" {
			return evenly(200, always(100*time.Millisecond))
		}
		return evenly(200, always(10*time.Millisecond))[:5]
	}
	a := evaluated(t, curve(200), 1, slow, unchanged)
	wantText(t, a, "hello: cgi meets p50 ≤ 80 ms at none of the tested rates (at 200/s its p50 was 100 ms); "+
		"too few requests to decide whether persistent meets p50 ≤ 80 ms: use a longer --budget.")
	none := analysistest.Analyze(t, (&analysistest.Fake{Cells: curve(200), Block: slow}).Record(t, 1))
	if len(none.Knees) > 0 {
		t.Errorf("without an objective there are %d knees, want none", len(none.Knees))
	}
}
