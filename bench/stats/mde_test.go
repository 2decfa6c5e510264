package stats_test

import (
	"math"
	"slices"
	"testing"

	"forktax/bench/stats"
)

func TestMDE(t *testing.T) {
	check := func(d []float64, want float64) {
		t.Helper()
		before := slices.Clone(d)
		if got := stats.MDE(d); !near(got, want) && got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("MDE(%v) = %g, want %g", before, got, want)
		}
	}
	const z = 2.3263478740 + 1.6448536270 // 3.9712015010
	// Ten values of ±0.09: s² = 10·0.0081/9 = 0.009, s/√n = 0.03.
	half := slices.Repeat([]float64{0.09, -0.09}, 5)
	check(half, math.Exp(z*0.03)-1)            // 12.65 %
	check(plus(half, 1e6), math.Exp(z*0.03)-1) // the centre does not matter, nor does its size
	check(make([]float64, 10), 0)
	check(half[:7], math.Exp(z*math.Sqrt(0.0081*48/49*7/6/7))-1) // Σ(d−d̄)² = 0.0081·(7−1/7), over 6, over 7
	check(half[:6], math.Inf(1))                                 // 2⁻⁶ > 0.01: nothing would be found
	check(nil, math.Inf(1))
	check([]float64{math.NaN()}, math.NaN())
}

// A change as large as the MDE is found by the 1 % test with about the power that it states: 93 % with 100 pairs of
// normal noise, since the test pays 5 % of the pairs for being one on ranks.
func TestMDEIsFound(t *testing.T) {
	r := seeded(20)
	const trials = 3000
	found := 0
	for range trials {
		d := draw(r, 100, noises["normal"])
		if stats.SignedRankP(plus(d, math.Log1p(stats.MDE(d))), 0) <= 0.01 {
			found++
		}
	}
	share(t, "changes of one MDE found", found, trials, 0.93)
}
