package stats_test

import (
	"math"
	"slices"
	"testing"

	"forktax/bench/stats"
)

// Each rank of a pool is that of its observations concatenated and sorted.
func TestPoolRank(t *testing.T) {
	r := seeded(21)
	random := make([][]int64, 7)
	for i := range random {
		for range r.IntN(40) {
			random[i] = append(random[i], r.Int64N(50)-25) // with many ties
		}
		slices.Sort(random[i])
	}
	for name, blocks := range map[string][][]int64{
		"random":    random,
		"one block": {{-3, 0, 0, 8}},
		"extremes":  {{math.MinInt64, 0}, nil, {math.MaxInt64 - 1, math.MaxInt64}, {math.MinInt64, 1}},
		"all alike": {{5, 5}, {5}},
	} {
		sorted := slices.Sorted(slices.Values(slices.Concat(blocks...)))
		pool := stats.PoolOf(blocks...)
		if got := pool.Len(); got != len(sorted) {
			t.Errorf("%s: Len() = %d, want %d", name, got, len(sorted))
		}
		for i, want := range sorted {
			if got := pool.Rank(i + 1); got != want {
				t.Errorf("%s: Rank(%d) = %d, want %d", name, i+1, got, want)
			}
		}
	}
}

func TestPoolPercentile(t *testing.T) {
	check := func(blocks [][]int64, p float64) {
		t.Helper()
		want, wantOK := stats.Percentile(slices.Sorted(slices.Values(slices.Concat(blocks...))), p)
		pool := stats.PoolOf(blocks...)
		if got, ok := pool.Percentile(p); got != want || ok != wantOK {
			t.Errorf("%d observations: Percentile(%g) = %d, %t, want %d, %t", pool.Len(), p, got, ok, want, wantOK)
		}
	}
	r := seeded(22)
	for _, n := range []int{0, 1, 2, 3, 18, 123, 200} { // 6, 36, 368 are enough for p50, p90, p99
		var blocks [][]int64
		for range 3 {
			block := make([]int64, n)
			for i := range block {
				block[i] = r.Int64N(1000)
			}
			slices.Sort(block)
			blocks = append(blocks, block)
		}
		for _, p := range []float64{0, 0.1, 0.5, 0.9, 0.99, 1, math.NaN()} {
			check(blocks, p)
		}
	}
}
