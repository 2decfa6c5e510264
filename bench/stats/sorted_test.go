package stats_test

import (
	"math"
	"slices"
	"testing"

	"forktax/bench/stats"
)

// A Sorted has the values that it was made of, whatever their number and range.
func TestSorted(t *testing.T) {
	r := seeded(23)
	cases := [][]int64{nil, {7}, {math.MinInt64, math.MaxInt64}, {math.MaxInt64, math.MinInt64, 0, 0}}
	for _, n := range []int{2, 255, 256, 257, 512, 513, 1000} {
		for _, most := range []int64{3, 1 << 20, math.MaxInt64} {
			var values []int64
			for range n {
				values = append(values, r.Int64N(most)-most/2)
			}
			cases = append(cases, values)
		}
	}
	for _, values := range cases {
		want := slices.Sorted(slices.Values(values))
		s := stats.NewSorted(slices.Clone(values))
		if got := slices.Collect(s.All()); !slices.Equal(got, want) || s.Len() != len(want) {
			t.Fatalf("NewSorted of %d values has others, or another order", len(values))
		}
		if len(want) > 0 && s.Max() != want[len(want)-1] {
			t.Errorf("the largest of %d values is %d, want %d", len(want), s.Max(), want[len(want)-1])
		}
		probes := append([]int64{math.MinInt64, math.MaxInt64, 0}, want...)
		for _, v := range probes {
			below, _ := slices.BinarySearch(want, v)
			if got := slices.Collect(s.From(v)); !slices.Equal(got, want[below:]) {
				t.Fatalf("of %d values %d are at least %d, want %d", len(want), len(got), v, len(want)-below)
			}
			upTo := 0
			for _, w := range want {
				if w <= v {
					upTo++
				}
			}
			if got := s.UpTo(v); got != upTo {
				t.Fatalf("of %d values %d are at most %d, want %d", len(want), got, v, upTo)
			}
		}
	}
}
