package bench_test

import (
	"context"
	"errors"
	"math/bits"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench"
)

// What was found last holds, was confirmed, and the rung above it was tried and did not hold.
func TestClimb(t *testing.T) {
	for n := range 100 {
		for highest := -1; highest < n; highest++ { // that holds
			tries := map[int]int{}
			total := 0
			err := bench.Climb(n, func(rung int) (bool, error) {
				tries[rung]++
				total++
				return rung <= highest, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if highest >= 0 && tries[highest] < 3 {
				t.Errorf("climbing %d rungs, %d holds: it was tried %d times, want 3", n, highest, tries[highest])
			}
			if highest+1 < n && tries[highest+1] == 0 {
				t.Errorf("climbing %d rungs, %d does not hold: it was not tried", n, highest+1)
			}
			if most := bits.Len(uint(n)) + 2; total > most {
				t.Errorf("climbing %d rungs took %d tries, want %d at most", n, total, most)
			}
		}
	}
}

// A rung that held once and not again is not what is found.
func TestClimbStepsDown(t *testing.T) {
	tries := map[int]int{}
	err := bench.Climb(10, func(rung int) (bool, error) {
		tries[rung]++
		return rung <= 4 || rung == 5 && tries[5] == 1, nil
	})
	if err != nil || tries[4] < 2 {
		t.Errorf("Climb = %v, rung 4 was tried %d times, want twice at the least", err, tries[4])
	}
	broken := errors.New("broken")
	if err := bench.Climb(10, func(int) (bool, error) { return false, broken }); !errors.Is(err, broken) {
		t.Errorf("Climb = %v, want %v", err, broken)
	}
}

// A search visits the ladder of each target, and what fails altogether at a rate is no end of it.
func TestSearch(t *testing.T) {
	plan := somePlan()
	plan.Cells = nil
	for _, rate := range []float64{10, 20, 30, 40, 50, 60, 70} {
		for _, model := range []string{"persistent", "cgi"} {
			plan.Cells = append(plan.Cells, bench.Cell{Workload: "hello", Request: "hello", Model: model, Engine: "fake",
				Load: bench.Load{Kind: bench.Open, Concurrency: 1, RateRPS: rate}})
		}
	}
	if diff := cmp.Diff([][]int{{0, 2, 4, 6, 8, 10, 12}, {1, 3, 5, 7, 9, 11, 13}}, bench.Ladders(plan)); diff != "" {
		t.Fatalf("the ladders (-want +got):\n%s", diff)
	}
	plan.Searched, plan.Objective = true, &bench.Objective{Percentile: 0.5, LimitNS: int64(time.Second)}
	engine := &fakeEngine{}
	var rates []float64
	engine.run = func(_ context.Context, v bench.Visit, rec bench.Recorder) error {
		rates = append(rates, v.Load.RateRPS)
		o := bench.Observation{Status: 200}
		if v.Load.RateRPS > 50 {
			o = bench.Observation{Err: bench.ErrRefused}
		}
		rec.Observe([]bench.Observation{o})
		return nil
	}
	r := newRunner(t, plan, &fakeLauncher{}, engine)
	if err := r.Search(t.Context(), func() (bool, error) { return rates[len(rates)-1] <= 30, nil }); err != nil {
		t.Fatal(err)
	}
	want := []float64{40, 20, 30, 30, 30} // by halves, and then what was found twice more
	if !slices.Equal(rates, slices.Concat(want, want)) {
		t.Errorf("rates %v, want %v for each of two targets", rates, want)
	}
	if got := len(read(t, r.Record.Dir).Blocks); got != 2*len(want) {
		t.Errorf("%d blocks are recorded, want %d", got, 2*len(want))
	}
}
