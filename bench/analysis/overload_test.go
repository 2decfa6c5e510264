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

// A queueServer answers requests that arrive as a Poisson process, as many at once as it has workers, the others in
// turn or, if it is unfair, the newest first. An infinite number of workers is 0.
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
	free := make([]time.Duration, s.workers) // when each worker is
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

// An overload is told from a server that is slow, busy, or unlucky.
func TestOverloadIsTold(t *testing.T) {
	t.Parallel()
	const trials = 200
	for name, test := range map[string]struct {
		rate        float64 // a second; two workers with a mean of 4 ms can take 500
		length      time.Duration
		blocks      int
		server      queueServer
		least, most float64 // share of the trials that are called an overload
	}{
		"half of what it can take":       {250, 250 * time.Millisecond, 40, queueServer{2, exponential(4e6), false}, 0, 0.01},
		"the same in few blocks":         {250, 250 * time.Millisecond, 6, queueServer{2, exponential(4e6), false}, 0, 0.02},
		"four fifths of it":              {400, 250 * time.Millisecond, 40, queueServer{2, exponential(4e6), false}, 0, 0.05},
		"few requests":                   {40, 50 * time.Millisecond, 6, queueServer{2, exponential(4e6), false}, 0, 0.01},
		"slow, but as many as there are": {200, 250 * time.Millisecond, 40, queueServer{0, constant(100e6), false}, 0, 0.01},
		"slow, now and then more so":     {200, 250 * time.Millisecond, 40, queueServer{0, exponential(30e6), false}, 0, 0.01},
		"a fifth too much":               {600, 250 * time.Millisecond, 6, queueServer{2, exponential(4e6), false}, 0.8, 1},
		"a fifth too much in 20 blocks":  {600, 250 * time.Millisecond, 20, queueServer{2, exponential(4e6), false}, 0.99, 1},
		"a tenth too much":               {550, 250 * time.Millisecond, 40, queueServer{2, exponential(4e6), false}, 0.95, 1},
		"the newest first":               {600, 250 * time.Millisecond, 20, queueServer{2, exponential(4e6), true}, 0.99, 1},
		"ten times as much":              {5000, 250 * time.Millisecond, 1, queueServer{2, exponential(4e6), false}, 1, 1},
	} {
		r := rand.New(rand.NewPCG(1909, uint64(len(name)))) // Erlang's year
		told := 0
		for range trials {
			var blocks [][]record.Observation
			for range test.blocks {
				blocks = append(blocks, test.server.visit(r, test.rate, test.length))
			}
			if analysis.Overloaded(test.length, blocks) {
				told++
			}
		}
		if got := float64(told) / trials; got < test.least || got > test.most {
			t.Errorf("%s: share called an overload is %.3f, want %g to %g", name, got, test.least, test.most)
		}
	}
}

// A machine that stands still at the end of a block leaves a queue behind that is no overload.
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

// Where a rung of a ladder is overloaded, the steps to it and from it are not told.
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
			t.Errorf("with %s overloaded, steps are told to %q, want %q", slow, got, want)
		}
	}
	check("none", "reconnect", "reload", "cgi")
	check("cgi", "reconnect", "reload")
	check("reload")
}

// Where a side is overloaded, response times are not compared, CPU and throughput are, and it is said everywhere.
func TestOverload(t *testing.T) {
	const planned = 400
	random := rand.New(rand.NewPCG(5, 6))
	servers := map[string]queueServer{"persistent": {2, exponential(1e6), false}, "cgi": {2, exponential(10e6), false}} // 200/s
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
	if len(a.Warnings) != 1 || a.Warnings[0].Code != "overload" || a.Warnings[0].Cell != "hello/hello, cgi, 400/s, fake" ||
		!strings.HasPrefix(a.Warnings[0].Text, "a rate that was planned was not reached by hello, cgi: ") ||
		!strings.HasSuffix(a.Warnings[0].Text, "/s of 400/s") {
		t.Errorf("warnings %+v, want that of the overload, and none else", a.Warnings)
	}
	for _, format := range []string{"text", "markdown"} {
		text := string(analysistest.Print(t, format, a))
		for _, want := range []string{"overload", "hello, 400/s: cgi was not compared with persistent in response time"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", format, want, text)
			}
		}
		if strings.Contains(text, "×") {
			t.Errorf("%s has a fork tax:\n%s", format, text)
		}
	}

	// A search finds what cannot be reached because it tries it.
	r.Plan.Searched, r.Plan.BlockNS = true, 250e6
	if a := analysistest.Analyze(t, r); len(a.Warnings) > 0 || !a.Cells[1].Overloaded {
		t.Errorf("warnings of a search %+v, want none, though cgi is overloaded: %t", a.Warnings, a.Cells[1].Overloaded)
	}
	r.Plan.Searched = false

	// The other way round: what the baseline cannot take is not compared either.
	r.Plan.Baseline = "cgi"
	for _, c := range analysistest.Analyze(t, r).Comparisons {
		if c.Metric != analysis.MetricThroughput && c.Metric != analysis.MetricCPU {
			t.Errorf("compared with an overloaded baseline by %s", c.Metric)
		}
	}
}

// A request that waits for a connection because the server has them all is late, and not by the generator's fault.
func TestExhaustedConnections(t *testing.T) {
	late := func(c plan.Cell, _ int) []record.Observation {
		var block []record.Observation
		for i := range 100 {
			due := time.Duration(i) * 2400 * time.Microsecond // until 237.6 ms
			o := record.Observation{Intended: due, Sent: due, FirstByte: due, Done: due + time.Millisecond, Status: 200}
			if c.Model == "cgi" && i >= 9 { // of which the first nine take all connections until 300 ms
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
	check(10, 6) // there was another: the generator did not take it
}
