package analysis_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"forktax/bench/analysis/analysistest"
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// served returns the observations of Poisson arrivals at a server that serves one request after the other, each for the
// service time.
func served(t *testing.T, rate float64, length, service time.Duration, seed uint64) []record.Observation {
	t.Helper()
	plan, err := load.Arrivals(plan.Load{RateRPS: rate}, length, 0, seed)
	if err != nil {
		t.Fatal(err)
	}
	var all []record.Observation
	free := time.Duration(0)
	for _, due := range plan {
		free = max(free, due) + service
		all = append(all, record.Observation{Intended: due, Sent: due, FirstByte: free, Done: free, Status: 200})
	}
	return all
}

// A server whose queue is in equilibrium sustains the rate, however long the queue is at times; a server for which the
// rate is a third too high does not. In between it depends on chance: of 500 planned arrivals, one block has 520 and
// another 480. The objective has a limit that all response times meet.
func TestOverloadOfAQueue(t *testing.T) {
	const rps, visits = 500, 10
	check := func(length time.Duration, blocks int, busy float64, want int) {
		t.Helper()
		overloads := 0
		for v := range uint64(visits) {
			seeds := rand.New(rand.NewPCG(v, 0))
			m := analysistest.Fake{Cells: curve(rps)[:1], Block: func(plan.Cell, int) []record.Observation {
				return served(t, rps, length, time.Duration(busy*float64(time.Second)/rps), seeds.Uint64())
			}}
			r := m.Record(t, blocks)
			r.Plan.BlockNS = int64(length)
			for i := range r.Blocks {
				r.Blocks[i].DiscardNS = int64(length / 10)
			}
			r.Plan.Objective = &plan.Objective{Percentile: 0.5, LimitNS: int64(time.Hour)}
			if analysistest.Analyze(t, r).Knees[0].Reason == "overload" {
				overloads++
			}
		}
		if overloads != want {
			t.Errorf("%d blocks of %v at %g of the server's capacity: overloaded %d times of %d, want %d", blocks, length,
				busy, overloads, visits, want)
		}
	}
	for _, busy := range []float64{0.1, 0.5, 0.8, 0.9} {
		check(time.Second, 1, busy, 0)
		check(250*time.Millisecond, 8, busy, 0)
	}
	for _, busy := range []float64{1.33, 2, 4} {
		check(time.Second, 1, busy, visits)
		check(250*time.Millisecond, 8, busy, visits)
	}
}
