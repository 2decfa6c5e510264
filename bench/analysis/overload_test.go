package analysis_test

import (
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
	"forktax/workload/contract"
)

// A queueServer simulates a server for Poisson arrivals. It serves as many requests at once as it has workers; 0 is an
// unlimited number. Other requests wait in order of arrival, or newest first if it is unfair.
type queueServer struct {
	workers int
	service func(*rand.Rand) time.Duration
	unfair  bool
}

func exponential(mean time.Duration) func(*rand.Rand) time.Duration {
	return func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * float64(mean)) }
}

func constant(d time.Duration) func(*rand.Rand) time.Duration {
	return func(*rand.Rand) time.Duration { return d }
}

// visit simulates a block.
func (s queueServer) visit(r *rand.Rand, rate float64, length time.Duration) []record.Observation {
	var block []record.Observation
	for at := r.ExpFloat64() / rate; at < length.Seconds(); at += r.ExpFloat64() / rate {
		due := time.Duration(at * 1e9)
		block = append(block, record.Observation{Intended: due, Sent: due, Done: due + s.service(r), Status: 200})
	}
	if s.workers == 0 {
		return block
	}
	free := make([]time.Duration, s.workers) // when each worker becomes free
	var queue []int
	for next := 0; next < len(block) || len(queue) > 0; {
		worker := slices.Index(free, slices.Min(free))
		if len(queue) == 0 {
			free[worker] = max(free[worker], block[next].Intended)
		}
		for ; next < len(block) && block[next].Intended <= free[worker]; next++ {
			queue = append(queue, next)
		}
		turn := 0
		if s.unfair {
			turn = len(queue) - 1
		}
		o := &block[queue[turn]]
		queue = slices.Delete(queue, turn, turn+1)
		free[worker] += o.Done - o.Intended
		o.Done = free[worker]
		o.FirstByte = o.Done
	}
	return block
}

// An overload is distinguished from a server that is slow or busy, and from chance.
func TestOverloadIsTold(t *testing.T) {
	t.Parallel()
	const trials = 200
	for name, test := range map[string]struct {
		rate     float64 // requests per second; two workers with a mean of 4 ms can serve 500
		length   time.Duration
		blocks   int
		server   queueServer
		min, max float64 // share of the trials that are overloads
	}{
		"half of its capacity":         {250, 250 * time.Millisecond, 40, queueServer{2, exponential(4e6), false}, 0, 0.01},
		"the same in few blocks":       {250, 250 * time.Millisecond, 6, queueServer{2, exponential(4e6), false}, 0, 0.02},
		"80% of its capacity":          {400, 250 * time.Millisecond, 40, queueServer{2, exponential(4e6), false}, 0, 0.05},
		"few requests":                 {40, 50 * time.Millisecond, 6, queueServer{2, exponential(4e6), false}, 0, 0.01},
		"slow, with unlimited workers": {200, 250 * time.Millisecond, 40, queueServer{0, constant(100e6), false}, 0, 0.01},
		"slow, at times very slow":     {200, 250 * time.Millisecond, 40, queueServer{0, exponential(30e6), false}, 0, 0.01},
		"20% too much":                 {600, 250 * time.Millisecond, 6, queueServer{2, exponential(4e6), false}, 0.8, 1},
		"20% too much in 20 blocks":    {600, 250 * time.Millisecond, 20, queueServer{2, exponential(4e6), false}, 0.99, 1},
		"10% too much":                 {550, 250 * time.Millisecond, 40, queueServer{2, exponential(4e6), false}, 0.95, 1},
		"newest first":                 {600, 250 * time.Millisecond, 20, queueServer{2, exponential(4e6), true}, 0.99, 1},
		"ten times as much":            {5000, 250 * time.Millisecond, 1, queueServer{2, exponential(4e6), false}, 1, 1},
	} {
		r := rand.New(rand.NewPCG(1909, uint64(len(name)))) // Erlang's year
		overloads := 0
		for range trials {
			var blocks [][]record.Observation
			for range test.blocks {
				blocks = append(blocks, test.server.visit(r, test.rate, test.length))
			}
			if analysis.Overloaded(test.length, blocks) {
				overloads++
			}
		}
		if got := float64(overloads) / trials; got < test.min || got > test.max {
			t.Errorf("%s: share of overloads is %.3f, want %g to %g", name, got, test.min, test.max)
		}
	}
}

// A machine that stalls at the end of a block leaves a queue behind, which is not an overload.
func TestStallIsNoOverload(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for stalls := range 7 {
		var blocks [][]record.Observation
		for i := range 6 {
			block := queueServer{2, constant(100 * time.Microsecond), false}.visit(r, 2000, 250*time.Millisecond)
			for j := range block {
				if i < stalls && block[j].Done > 200*time.Millisecond {
					block[j].Done = 300 * time.Millisecond
				}
			}
			blocks = append(blocks, block)
		}
		if got, want := analysis.Overloaded(250*time.Millisecond, blocks), stalls > 3; got != want {
			t.Errorf("%d of 6 blocks with a stall at their end: overloaded is %t, want %t", stalls, got, want)
		}
	}
}

// If an intermediate model is overloaded, there are no steps from it or to it.
func TestReuseLevelsOfAnOverload(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	check := func(slow string, want ...string) {
		t.Helper()
		m := analysistest.Fake{Block: func(c plan.Cell, _ int) []record.Observation {
			mean := time.Millisecond
			if c.Model == slow {
				mean = 10 * time.Millisecond
			}
			return queueServer{2, exponential(mean), false}.visit(random, 400, 250*time.Millisecond)
		}}
		for _, model := range []string{"persistent", "reconnect", "reload", "cgi"} {
			c := analysistest.OpenTwins()[0]
			c.Model = model
			m.Cells = append(m.Cells, c)
		}
		var got []string
		for _, l := range analysistest.Analyze(t, m.Record(t, 8)).ReuseLevels {
			for _, s := range l.Steps {
				got = append(got, s.To)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("with %s overloaded, there are steps to %q, want %q", slow, got, want)
		}
	}
	check("none", "reconnect", "reload", "cgi")
	check("cgi", "reconnect", "reload")
	check("reload")
}

// If a side is overloaded, CPU time and throughput are compared but response times are not. All reports have a warning.
func TestOverload(t *testing.T) {
	const planned = 400
	random := rand.New(rand.NewPCG(5, 6))
	servers := map[string]queueServer{"persistent": {2, exponential(1e6), false},
		"cgi": {2, exponential(10e6), false}} // with a capacity of 200/s
	m := analysistest.Fake{Cells: analysistest.OpenTwins(), Block: func(c plan.Cell, _ int) []record.Observation {
		return servers[c.Model].visit(random, planned, 250*time.Millisecond)
	}}
	r := m.Record(t, 8)
	for i := range r.Blocks {
		r.Blocks[i].DiscardNS = 25e6
		r.Blocks[i].Usage = &contract.Usage{SelfCPUNS: 1e6}
	}
	a := analysistest.Analyze(t, r)
	persistent, cgi := a.Cells[0], a.Cells[1]
	if persistent.Overloaded || !cgi.Overloaded || *persistent.ReachedShare < 0.95 || *cgi.ReachedShare > 0.65 {
		t.Errorf("overloaded: persistent is %t, of %g, and cgi %t, of %g", persistent.Overloaded, *persistent.ReachedShare,
			cgi.Overloaded, *cgi.ReachedShare)
	}
	if got := *persistent.ThroughputRPS; got < 0.9*planned || got > 1.1*planned {
		t.Errorf("persistent reached %.0f/s, want about %d", got, planned)
	}
	if got := *cgi.ThroughputRPS; got < 180 || got > 220 {
		t.Errorf("cgi reached %.0f/s, want about 200", got)
	}
	var metrics []string
	for _, c := range a.Comparisons {
		metrics = append(metrics, c.Metric)
	}
	if diff := cmp.Diff([]string{analysis.MetricThroughput, analysis.MetricCPU}, metrics); diff != "" {
		t.Errorf("compared by (-want +got):\n%s", diff)
	}
	if len(a.Warnings) != 1 || a.Warnings[0].Code != "overload" || a.Warnings[0].Cell != "hello, cgi, 400/s, fake" ||
		!strings.HasPrefix(a.Warnings[0].Text, "planned rates were not reached: hello, cgi: ") ||
		!strings.HasSuffix(a.Warnings[0].Text, "/s of 400/s") {
		t.Errorf("warnings %+v, want only one of the overload", a.Warnings)
	}
	for _, format := range []string{"text", "markdown"} {
		text := string(analysistest.Print(t, format, a))
		for _, want := range []string{"overload", "hello (400/s): cgi and persistent have no comparable response times"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not contain %q:\n%s", format, want, text)
			}
		}
		if strings.Contains(text, "×") {
			t.Errorf("%s has a fork tax:\n%s", format, text)
		}
	}

	// A search tries rates that cannot be reached, so it has no warning.
	r.Plan.Searched, r.Plan.BlockNS = true, 250e6
	if a := analysistest.Analyze(t, r); len(a.Warnings) > 0 || !a.Cells[1].Overloaded {
		t.Errorf("warnings of a search %+v, want none; cgi overloaded: %t, want true", a.Warnings, a.Cells[1].Overloaded)
	}
	r.Plan.Searched = false

	// Response times are not compared with an overloaded baseline either.
	r.Plan.Baseline = "cgi"
	for _, c := range analysistest.Analyze(t, r).Comparisons {
		if c.Metric != analysis.MetricThroughput && c.Metric != analysis.MetricCPU {
			t.Errorf("compared with an overloaded baseline by %s", c.Metric)
		}
	}
}

// A request that waits for a connection because the server occupies all of them is not the generator's lag.
func TestExhaustedConnections(t *testing.T) {
	late := func(c plan.Cell, _ int) []record.Observation {
		var block []record.Observation
		for i := range 100 {
			due := time.Duration(i) * 2400 * time.Microsecond // until 237.6 ms
			o := record.Observation{Intended: due, Sent: due, FirstByte: due, Done: due + time.Millisecond, Status: 200}
			if c.Model == "cgi" && i >= 9 { // the first nine requests occupy all connections until 300 ms
				o.Sent, o.FirstByte, o.Done = 300e6, 300e6, 301e6
			} else if c.Model == "cgi" {
				o.FirstByte, o.Done = 300e6, 300e6
			}
			block = append(block, o)
		}
		return block
	}
	check := func(connections int, invalid int) {
		t.Helper()
		m := analysistest.Fake{Cells: analysistest.OpenTwins(), Block: late}
		for i := range m.Cells {
			m.Cells[i].Load.Concurrency = connections
		}
		for _, c := range analysistest.Analyze(t, m.Record(t, 6)).Cells {
			if c.InvalidBlocks != invalid || c.Invalid["lag"] != invalid {
				t.Errorf("%s with %d connections: %d blocks are invalid, %v, want %d", c.Model, connections, c.InvalidBlocks,
					c.Invalid, invalid)
			}
			if invalid == 0 && c.Overloaded != (c.Model == "cgi") {
				t.Errorf("%s with %d connections: overloaded is %t", c.Model, connections, c.Overloaded)
			}
		}
	}
	check(9, 0)
	check(10, 6) // one connection was free, but the generator did not use it
}
