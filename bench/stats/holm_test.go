package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"forktax/bench/stats"
)

func TestHolm(t *testing.T) {
	nan := math.NaN()
	check := func(p, want []float64) {
		t.Helper()
		before := slices.Clone(p)
		got := stats.Holm(p)
		same := slices.EqualFunc(got, want, func(a, b float64) bool { return near(a, b) || a != a && b != b })
		if !same {
			t.Errorf("Holm(%v) = %v, want %v", before, got, want)
		}
		if !slices.EqualFunc(p, before, func(a, b float64) bool { return a == b || a != a && b != b }) {
			t.Errorf("Holm(%v) left %v", before, p)
		}
	}
	check(nil, nil)
	check([]float64{0.2}, []float64{0.2})
	// 4·0.005 = 0.02, 3·0.01 = 0.03, 2·0.03 = 0.06, and 1·0.04 raised to 0.06.
	check([]float64{0.01, 0.04, 0.03, 0.005}, []float64{0.03, 0.06, 0.06, 0.02})
	check([]float64{0.5, 0.6, 0.02}, []float64{1, 1, 0.06})         // 2·0.5 = 1, 0.6 raised, 3·0.02
	check([]float64{0.02, 0.02, 0.02}, []float64{0.06, 0.06, 0.06}) // equal ones stay equal
	check([]float64{0, 1}, []float64{0, 1})
	check([]float64{nan, 0.01, nan, 0.02}, []float64{nan, 0.04, nan, 0.06}) // 4·0.01, 3·0.02
}

// Dependent or not, m true hypotheses give one or more alarms in at most a share α of runs.
func TestHolmFamilyOfFalseAlarms(t *testing.T) {
	r := seeded(19)
	const trials = 4000
	alarms := 0
	for range trials {
		if adjusted := stats.Holm(draw(r, 5, (*rand.Rand).Float64)); slices.Min(adjusted) <= 0.05 {
			alarms++
		}
	}
	share(t, "runs with an alarm after Holm", alarms, trials, 1-math.Pow(0.99, 5)) // the least of 5 is ≤ 0.01
}
