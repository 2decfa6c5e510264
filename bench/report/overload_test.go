package report_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"forktax/bench"
	"forktax/bench/report"
)

// A server answers requests that arrive as a Poisson process, as many at once as it has workers, the others in turn or,
// if it is unfair, the newest first. An infinite number of workers is 0.
type server struct {
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
func (s server) visit(r *rand.Rand, rate float64, length time.Duration) []bench.Observation {
	var block []bench.Observation
	for at := r.ExpFloat64() / rate; at < length.Seconds(); at += r.ExpFloat64() / rate {
		due := time.Duration(at * 1e9)
		block = append(block, bench.Observation{Intended: due, Sent: due, Done: due + s.service(r), Status: 200})
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
		server      server
		least, most float64 // share of the trials that are called an overload
	}{
		"half of what it can take":       {250, 250 * time.Millisecond, 40, server{2, exponential(4e6), false}, 0, 0.01},
		"the same in few blocks":         {250, 250 * time.Millisecond, 6, server{2, exponential(4e6), false}, 0, 0.02},
		"four fifths of it":              {400, 250 * time.Millisecond, 40, server{2, exponential(4e6), false}, 0, 0.05},
		"few requests":                   {40, 50 * time.Millisecond, 6, server{2, exponential(4e6), false}, 0, 0.01},
		"slow, but as many as there are": {200, 250 * time.Millisecond, 40, server{0, constant(100e6), false}, 0, 0.01},
		"slow, now and then more so":     {200, 250 * time.Millisecond, 40, server{0, exponential(30e6), false}, 0, 0.01},
		"a fifth too much":               {600, 250 * time.Millisecond, 6, server{2, exponential(4e6), false}, 0.8, 1},
		"a fifth too much in 20 blocks":  {600, 250 * time.Millisecond, 20, server{2, exponential(4e6), false}, 0.99, 1},
		"a tenth too much":               {550, 250 * time.Millisecond, 40, server{2, exponential(4e6), false}, 0.95, 1},
		"the newest first":               {600, 250 * time.Millisecond, 20, server{2, exponential(4e6), true}, 0.99, 1},
		"ten times as much":              {5000, 250 * time.Millisecond, 1, server{2, exponential(4e6), false}, 1, 1},
	} {
		r := rand.New(rand.NewPCG(1909, uint64(len(name)))) // Erlang's year
		told := 0
		for range trials {
			var blocks [][]bench.Observation
			for range test.blocks {
				blocks = append(blocks, test.server.visit(r, test.rate, test.length))
			}
			if report.Overloaded(test.length, blocks) {
				told++
			}
		}
		if got := float64(told) / trials; got < test.least || got > test.most {
			t.Errorf("%s: share called an overload is %.3f, want %g to %g", name, got, test.least, test.most)
		}
	}
}

// Where a rung of a ladder is overloaded, the steps to it and from it are not told.
func TestLadderOfAnOverload(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	check := func(slow string, want ...string) {
		t.Helper()
		m := made{block: func(c bench.Cell, _ int) []bench.Observation {
			mean := time.Millisecond
			if c.Model == slow {
				mean = 10 * time.Millisecond
			}
			return server{2, exponential(mean), false}.visit(random, 400, 250*time.Millisecond)
		}}
		for _, model := range []string{"persistent", "reconnect", "reload", "cgi"} {
			c := openTwins()[0]
			c.Model = model
			m.cells = append(m.cells, c)
		}
		var got []string
		for _, l := range analyze(t, m.record(t, 8)).Ladders {
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

// A request that waits for a connection because the server has them all is late, and not by the generator's fault.
func TestExhaustedConnections(t *testing.T) {
	late := func(c bench.Cell, _ int) []bench.Observation {
		var block []bench.Observation
		for i := range 100 {
			due := time.Duration(i) * 2400 * time.Microsecond // until 237.6 ms
			o := bench.Observation{Intended: due, Sent: due, FirstByte: due, Done: due + time.Millisecond, Status: 200}
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
		m := made{cells: openTwins(), block: late}
		for i := range m.cells {
			m.cells[i].Load.Concurrency = connections
		}
		for _, c := range analyze(t, m.record(t, 6)).Cells {
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
