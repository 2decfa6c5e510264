package analysis_test

import (
	"math"
	"math/rand/v2"
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

// late returns a response after 1 ms to a request that was sent late.
func late(lag time.Duration) record.Observation {
	return record.Observation{Intended: 100, Sent: 100 + lag, FirstByte: 100 + lag,
		Done: 100 + lag + time.Millisecond, Status: 200}
}

// If one block of ten rounds is invalid, it and its pair have the right reason, and all other blocks are valid.
func TestValidity(t *testing.T) {
	steady := func(plan.Cell, int) []record.Observation { return slices.Repeat([]record.Observation{late(0)}, 10) }
	for name, test := range map[string]struct {
		cells  []plan.Cell
		block  func(plan.Cell, int) []record.Observation
		change func(*record.Block) // changes the block of cgi in round 3
		want   string
	}{
		"nothing wrong": {analysistest.OpenTwins(), steady, func(*record.Block) {}, ""},
		"collection":    {analysistest.Twins(), steady, func(b *record.Block) { b.Collections = 1 }, "collection"},
		"steal, which only makes it noisier": {analysistest.Twins(), steady, func(b *record.Block) {
			b.Machine = record.Counters{CPUSeconds: 1, StealSeconds: 0.5}
		}, ""},
		"dropped":        {analysistest.Twins(), steady, func(b *record.Block) { b.Machine.ListenDrops = 1 }, "network"},
		"SYN sent again": {analysistest.Twins(), steady, func(b *record.Block) { b.Machine.SYNRetransmits = 1 }, "network"},
		"busy generator": {analysistest.OpenTwins(), steady, func(b *record.Block) { b.GeneratorNS = 6e8 + 1 }, "generator"},
		"busy generator, in a closed loop": {analysistest.Twins(), steady, func(b *record.Block) {
			b.GeneratorNS = 9e8
		}, ""},
		"late": {analysistest.OpenTwins(), func(c plan.Cell, round int) []record.Observation {
			if c.Model == "cgi" && round == 3 {
				return slices.Repeat([]record.Observation{late(501 * time.Microsecond)}, 10)
			}
			return steady(c, round)
		}, func(*record.Block) {}, "lag"},
		"hardly late": {analysistest.OpenTwins(), func(c plan.Cell, round int) []record.Observation {
			if c.Model == "cgi" && round == 3 {
				return slices.Repeat([]record.Observation{late(500 * time.Microsecond)}, 10)
			}
			return steady(c, round)
		}, func(*record.Block) {}, ""},
		"failed": {analysistest.Twins(), func(c plan.Cell, round int) []record.Observation {
			if c.Model == "cgi" && round == 3 {
				return append(steady(c, round), analysistest.Failed(record.ErrReset))
			}
			return steady(c, round)
		}, func(*record.Block) {}, "errors"},
	} {
		t.Run(name, func(t *testing.T) {
			m := analysistest.Fake{Cells: test.cells, Block: test.block}
			r := m.Record(t, 10)
			for i := range r.Blocks {
				if b := &r.Blocks[i]; b.Cell == 1 && b.Round == 3 {
					test.change(b)
				}
			}
			a := analysistest.Analyze(t, r)
			var want analysis.Counts
			pairs, counted := 10, 10
			if test.want != "" {
				want, pairs = analysis.Counts{test.want: 1}, 9
				if test.want != "errors" { // correct responses of blocks with errors count
					counted = 9
				}
			}
			for _, c := range a.Cells {
				if diff := cmp.Diff(want, c.Invalid); diff != "" || c.InvalidBlocks != 10-pairs {
					t.Errorf("%s: %d blocks are invalid, by reason (-want +got):\n%s", c.Model, c.InvalidBlocks, diff)
				}
				if got := int(c.Histogram.TotalCount()); got != 10*counted {
					t.Errorf("%s: %d responses count, want %d", c.Model, got, 10*counted)
				}
			}
			for _, c := range a.Comparisons {
				if c.Blocks != pairs {
					t.Errorf("%s is compared over %d pairs, want %d", c.Metric, c.Blocks, pairs)
				}
			}
		})
	}
}

// The time of a request that timed out is a lower bound, and percentiles that fall on it are marked as such.
func TestTimeouts(t *testing.T) {
	timeout := func() record.Observation {
		return record.Observation{Intended: 100, Sent: 100, FirstByte: 100, Done: 100 + time.Second, Err: record.ErrTimeout}
	}
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(plan.Cell, int) []record.Observation {
		return append(slices.Repeat([]record.Observation{analysistest.Response(1000)}, 45),
			slices.Repeat([]record.Observation{timeout()}, 5)...)
	}}
	c := analysistest.Analyze(t, m.Record(t, 10)).Cells[0]
	// Of 500 values, 50 are timeouts: ranks 451 to 500. The p90 is rank 450, the p99 rank 495.
	if *c.Response.P90 != 1000 || *c.Response.P99 != 1e9 {
		t.Errorf("p90 %d and p99 %d, want 1000 and 1e9", *c.Response.P90, *c.Response.P99)
	}
	if diff := cmp.Diff([]string{"p99", "max"}, c.Response.AtLeast); diff != "" {
		t.Errorf("percentiles that are only bounds (-want +got):\n%s", diff)
	}
	text := string(analysistest.Print(t, "text", analysistest.Analyze(t, m.Record(t, 10))))
	if !strings.Contains(text, "≥ 1.00 s") {
		t.Errorf("the text does not contain ≥ 1.00 s:\n%s", text)
	}
}

// Requests that were due in the discarded beginning of a block are in no percentile.
func TestDiscard(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(plan.Cell, int) []record.Observation {
		early, counted := analysistest.Response(5000), analysistest.Response(1000)
		early.Intended, early.Sent = 10, 10
		return slices.Concat(slices.Repeat([]record.Observation{early}, 30),
			slices.Repeat([]record.Observation{counted}, 10))
	}}
	r := m.Record(t, 6)
	for i := range r.Blocks {
		r.Blocks[i].DiscardNS = 100
	}
	for _, c := range analysistest.Analyze(t, r).Cells {
		if *c.Response.P50 != 1000 || *c.Response.Max != 1000 || c.Histogram.TotalCount() != 60 {
			t.Errorf("%s: p50 %d, max %d of %d, want 1000, 1000 of 60", c.Model, *c.Response.P50, *c.Response.Max,
				c.Histogram.TotalCount())
		}
		// All 40 responses arrived between the discard and the planned end at 20 ms, whenever they were due.
		if want := 40 / (20e-3 - 100e-9); !near(*c.ThroughputRPS, want) {
			t.Errorf("%s: throughput %g/s, want %g", c.Model, *c.ThroughputRPS, want)
		}
	}
}

// In a closed loop of slow responses, few of which end in time, throughput × mean response time is the number of
// clients: neither the time of a client that waits for the others to end counts, nor the discarded beginning.
func TestThroughputOfSlowResponses(t *testing.T) {
	const length, discard, least = 250 * time.Millisecond, 25 * time.Millisecond, 5
	for _, clients := range []int{2, 8} {
		for _, mean := range []time.Duration{30 * time.Millisecond, 150 * time.Millisecond, 400 * time.Millisecond} {
			draw := rand.New(rand.NewPCG(1, uint64(clients)))
			takes := func() time.Duration { // five or fifteen tenths of the mean, so that fast clients overtake
				return mean/2 + time.Duration(draw.IntN(2))*mean
			}
			cell := analysistest.Cell(plan.Baseline, clients)
			minimum := plan.Plan{MinRequests: least}.MinRequestsOf(cell)
			m := analysistest.Fake{Cells: []plan.Cell{cell}, Block: func(plan.Cell, int) (block []record.Observation) {
				free := make([]time.Duration, clients) // when each client begins its next request
				for {
					slices.Sort(free)
					if free[0] >= length && len(block) >= minimum {
						return block
					}
					o := analysistest.Response(takes())
					o.Intended, o.Sent, o.FirstByte, o.Done = free[0], free[0], free[0], free[0]+o.Response()
					block = append(block, o)
					free[0] = o.Done
				}
			}}
			r := m.Record(t, 200)
			analysistest.EachBlock(func(b *record.Block) { b.DiscardNS = int64(discard) })(r)
			c := analysistest.Analyze(t, r).Cells[0]
			if got, want := *c.ThroughputRPS, float64(clients)/mean.Seconds(); math.Abs(got/want-1) > 0.04 {
				t.Errorf("%d clients, %v: throughput %.4g/s, want %.4g", clients, mean, got, want)
			}
		}
	}
}

// Clients whose requests fail have their share of the time, too.
func TestThroughputWithFailures(t *testing.T) {
	m := analysistest.Fake{Cells: []plan.Cell{analysistest.Cell(plan.Baseline, 8)}}
	m.Block = func(plan.Cell, int) (block []record.Observation) {
		for at := time.Duration(0); at < 250*time.Millisecond; at += 100 * time.Millisecond { // of one client
			o := analysistest.Response(100 * time.Millisecond)
			o.Intended, o.Sent, o.FirstByte, o.Done = at, at, at, at+100*time.Millisecond
			block = append(block, o)
		}
		for range 100 { // of the others
			block = append(block, analysistest.Failed("status"))
		}
		return block
	}
	r := m.Record(t, 10)
	analysistest.EachBlock(func(b *record.Block) { b.DiscardNS = 25e6 })(r)
	if c := analysistest.Analyze(t, r).Cells[0]; c.ThroughputRPS != nil && *c.ThroughputRPS > 12 {
		t.Errorf("throughput %.3g/s, want about 10", *c.ThroughputRPS)
	}
}

// In an open loop, the responses belong to the time in which their requests arrive, which is that of the plan. If the
// server falls behind, they belong to the time until the last one.
func TestThroughputAtARate(t *testing.T) {
	const discard = 25e6
	check := func(arrivals string, requests int, gap, takes time.Duration, want float64) {
		t.Helper()
		cells := analysistest.OpenTwins()
		for i := range cells {
			cells[i].Load.Arrivals, cells[i].Load.RateRPS = arrivals, float64(time.Second)/float64(gap)
		}
		m := analysistest.Fake{Cells: cells, Block: func(plan.Cell, int) []record.Observation {
			var block []record.Observation
			for i := range requests {
				due := time.Duration(i)*gap + gap/2
				if n, ok := cells[0].Load.Burst(); ok {
					due = time.Duration(i/n*n)*gap + time.Duration(n)*gap/2
				}
				block = append(block, record.Observation{Intended: due, Sent: due, FirstByte: due + takes, Done: due + takes,
					Status: 200})
			}
			return block
		}}
		r := m.Record(t, 6)
		for i := range r.Blocks {
			r.Blocks[i].DiscardNS = discard
		}
		for _, c := range analysistest.Analyze(t, r).Cells {
			if !near(*c.ThroughputRPS, want) {
				t.Errorf("%d requests (%s), each after %v, that take %v: %g/s, want %g", requests, arrivals, gap, takes,
					*c.ThroughputRPS, want)
			}
		}
	}
	for _, arrivals := range []string{plan.Poisson, plan.Constant} {
		check(arrivals, 100, 2500*time.Microsecond, 10*time.Millisecond, 400)
		check(arrivals, 100, 2500*time.Microsecond, 25*time.Millisecond, 400)  // as long as the discard
		check(arrivals, 100, 2500*time.Microsecond, 300*time.Millisecond, 400) // slow, but not behind
	}
	check(plan.Constant, 5, 100*time.Millisecond, 10*time.Millisecond, 10)    // the plan is longer than the block
	check(plan.Poisson, 90, 2500*time.Microsecond, 10*time.Millisecond, 360)  // fewer arrivals by chance
	check(plan.Poisson, 5, 100*time.Millisecond, 10*time.Millisecond, 5/0.45) // until the last, after the end of the block
	check(plan.Constant, 5, 50*time.Millisecond, 10*time.Millisecond, 20)
	check("burst:8", 16, 12500*time.Microsecond, 10*time.Millisecond, 80) // at 50 and 150 ms
	check("burst:10", 10, 100*time.Millisecond, 10*time.Millisecond, 10)  // at 500 ms, after the end of the block
	check("burst:10", 100, 2500*time.Microsecond, 10*time.Millisecond, 400)
}

// A server that serves one request after the other reaches its own rate.
func TestThroughputOfOverload(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.OpenTwins(), Block: func(plan.Cell, int) (block []record.Observation) {
		for i := range 100 { // at 400/s
			due, done := time.Duration(i)*2500*time.Microsecond, time.Duration(i+1)*5*time.Millisecond
			block = append(block, record.Observation{Intended: due, Sent: due, FirstByte: done, Done: done, Status: 200})
		}
		return block
	}}
	for _, c := range analysistest.Analyze(t, m.Record(t, 6)).Cells {
		if !near(*c.ThroughputRPS, 200) {
			t.Errorf("throughput %g/s, want 200", *c.ThroughputRPS)
		}
	}
}

// With one client, the time of a request that fails is a part of the time.
func TestThroughputWithATimeout(t *testing.T) {
	m := analysistest.Fake{Cells: []plan.Cell{analysistest.Cell(plan.Baseline, 1)}}
	m.Block = func(plan.Cell, int) (block []record.Observation) {
		for i := range 10 {
			at := time.Duration(i) * time.Millisecond
			o := analysistest.Response(time.Millisecond)
			o.Intended, o.Sent, o.FirstByte, o.Done = at, at, at, at+time.Millisecond
			if i == 9 {
				o.Err, o.Status, o.FirstByte, o.Done = record.ErrTimeout, 0, 0, at+91*time.Millisecond
			}
			block = append(block, o)
		}
		return block
	}
	if c := analysistest.Analyze(t, m.Record(t, 10)).Cells[0]; !near(*c.ThroughputRPS, 90) {
		t.Errorf("throughput %g/s, want 90: nine responses in 100 ms", *c.ThroughputRPS)
	}
}

// The cross-check is compared with the engine in the rounds that both have, and is in no other comparison.
func TestCrossCheck(t *testing.T) {
	cells := analysistest.Twins()
	for _, c := range analysistest.Twins() {
		c.Engine = "referee"
		cells = append(cells, c)
	}
	m := analysistest.Fake{Cells: cells, Block: func(c plan.Cell, round int) []record.Observation {
		block := analysistest.TenResponses(c, round)
		if c.Engine == "referee" {
			for i := range block {
				block[i].Done += block[i].Response() // twice as long
			}
		}
		return block
	}}
	r := m.Record(t, 6)
	r.Plan.CrossCheck = "referee"
	for i := range r.Blocks {
		r.Blocks[i].GeneratorNS = int64(10 * (1 + r.Blocks[i].Cell/2*3)) // four times the CPU
	}
	a := analysistest.Analyze(t, r)
	if len(a.CrossChecks) != 2 || len(a.Comparisons) == 0 {
		t.Fatalf("%d cross-checks and %d comparisons, want 2 and at least 1", len(a.CrossChecks), len(a.Comparisons))
	}
	for _, g := range a.CrossChecks {
		if !near(g.MedianRatio, 2) || g.EngineCPU != 1 || g.CrossCheckCPU != 4 || g.Blocks != 6 ||
			!strings.Contains(g.Why, "4.0 times the CPU") {
			t.Errorf("cross-check %+v, want twice the median and four times the CPU time over 6 blocks", g)
		}
	}
	for _, c := range a.Comparisons {
		if c.Engine != "fake" {
			t.Errorf("the cross-check is in a comparison: %+v", c)
		}
	}
}
