package stats_test

import (
	"math"
	"slices"
	"testing"

	"forktax/bench/stats"
)

// counted returns 1 … n, so that the value at a rank is the rank.
func counted(n int) []int64 {
	values := make([]int64, n)
	for i := range values {
		values[i] = int64(i + 1)
	}
	return values
}

func TestPercentile(t *testing.T) {
	check := func(n int, p float64, want int64) {
		t.Helper()
		got, ok := stats.Percentile(counted(n), p)
		if !ok || got != want {
			t.Errorf("Percentile(1…%d, %g) = %d, %t, want %d", n, p, got, ok, want)
		}
	}
	check(6, 0.5, 3)          // 0.5 · 6 = 3
	check(7, 0.5, 4)          // 3.5
	check(36, 0.9, 33)        // 32.4
	check(368, 0.99, 365)     // 364.32
	check(400, 0.99, 396)     // 396: a whole number, not rounded up
	check(3688, 0.999, 3685)  // 3684.312
	check(10000, 0.999, 9990) // 9990
	check(100, 0.07, 7)       // 7.000000000000001 in floating point
	check(1000, 0.07, 70)     // 70.00000000000001
	check(100, 0.29, 29)      // 28.999999999999996
}

// The rank must be ⌈p·n⌉ for the decimal p, as computed in integers.
func TestPercentileRankIsExact(t *testing.T) {
	values := counted(5000)
	for mill := 1; mill < 1000; mill++ {
		p := float64(mill) / 1000
		for n := stats.PercentileNeeds(p); n <= len(values); n += 1 + n/50 {
			want := int64((mill*n + 999) / 1000)
			if got, ok := stats.Percentile(values[:n], p); !ok || got != want {
				t.Fatalf("Percentile(1…%d, %g) = %d, %t, want %d", n, p, got, ok, want)
			}
		}
	}
}

func TestPercentileNeeds(t *testing.T) {
	check := func(p float64, want int) {
		t.Helper()
		if got := stats.PercentileNeeds(p); got != want {
			t.Errorf("PercentileNeeds(%g) = %d, want %d", p, got, want)
		}
		if _, ok := stats.Percentile(counted(want), p); !ok {
			t.Errorf("Percentile of %d values at %g is not ok, want ok", want, p)
		}
		if _, ok := stats.Percentile(counted(want-1), p); ok {
			t.Errorf("Percentile of %d values at %g is ok, want not", want-1, p)
		}
	}
	check(0.5, 6)      // 1 − 0.5⁶ = 0.9844 ≥ 0.975 > 1 − 0.5⁵ = 0.9688
	check(0.9, 36)     // 1 − 0.9³⁶ = 0.97747, 1 − 0.9³⁵ = 0.97497
	check(0.99, 368)   // 0.97523, 0.97499
	check(0.999, 3688) // 0.975019, 0.974994
	check(0.1, 36)     // as p90, from below
}

func TestPercentileRefuses(t *testing.T) {
	for _, p := range []float64{0, 1, -0.5, 2, math.NaN(), math.Inf(1)} {
		if v, ok := stats.Percentile(counted(10000), p); ok {
			t.Errorf("Percentile(…, %g) = %d, want not ok", p, v)
		}
	}
	if _, ok := stats.Percentile(nil, 0.5); ok {
		t.Error("Percentile(nil, 0.5) is ok, want not")
	}
}

func TestMedian(t *testing.T) {
	check := func(want float64, xs ...float64) {
		t.Helper()
		before := slices.Clone(xs)
		if got := stats.Median(xs); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("Median(%v) = %g, want %g", before, got, want)
		}
		if !math.IsNaN(want) && !slices.Equal(xs, before) {
			t.Errorf("Median(%v) left %v", before, xs)
		}
	}
	check(math.NaN())
	check(3, 3)
	check(2, 3, 1)
	check(3, 5, 3, 1)
	check(2.5, 4, 1, 3, 2)
	check(math.MaxFloat64, math.MaxFloat64, math.MaxFloat64) // their sum is not a float64
	check(5e-324, 5e-324, 5e-324, 5e-324)                    // half of the smallest float64 is not a float64
	check(math.NaN(), 1, math.NaN(), 2)
	check(math.Inf(1), 1, math.Inf(1), math.Inf(1))
}
