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
	check(half, math.Exp(z*0.03)-1)            // 12.65%
	check(plus(half, 1e6), math.Exp(z*0.03)-1) // neither the centre nor its size matters
	check(make([]float64, 10), 0)
	check(half[:7], math.Exp(z*math.Sqrt(0.0081*48/49*7/6/7))-1) // Σ(d−d̄)² = 0.0081·(7−1/7), over 6, over 7
	check(half[:6], math.Inf(1))                                 // 2⁻⁶ > 0.01: nothing would be found
	check(nil, math.Inf(1))
	check([]float64{math.NaN()}, math.NaN())
}

// A change as large as the MDE is found by the 1% test with about the stated power: 93% with 100 pairs of normal
// noise, because a test on ranks loses the equivalent of 5% of the pairs.
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

func TestClusteredMDE(t *testing.T) {
	check := func(starts [][]float64, want float64) {
		t.Helper()
		if got := stats.ClusteredMDE(starts); !near(got, want) && got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("ClusteredMDE(%v) = %g, want %g", starts, got, want)
		}
	}
	const z = 2.3263478740 + 1.6448536270
	// The pairs of each of eight starts agree, and the starts differ: centres ±0.09, s² = 8·0.0081/7, divided by 8. For
	// the 16 pairs it is 16·0.0081/15, divided by 16.
	differ := slices.Repeat([][]float64{{0.09, 0.09}, {-0.09, -0.09}}, 4)
	check(differ, math.Exp(z*math.Sqrt(0.0081/7))-1)
	check(append(differ, nil), math.Exp(z*math.Sqrt(0.0081/7))-1) // an empty start does not count
	// The pairs of each of eight starts differ, and the starts agree: the pairs decide.
	check(slices.Repeat([][]float64{{0.09, -0.09}}, 8), math.Exp(z*math.Sqrt(0.0081/15))-1)
	check(differ[:6], math.Exp(z*math.Sqrt(0.0081/5))-1)
	check(differ[:5], math.Exp(z*math.Sqrt(10*0.0081*(1-0.04)/9/10))-1) // five cannot be judged; their mean is 0.018
	check(differ[:3], math.Inf(1))                                      // 6 pairs
	check(nil, math.Inf(1))
	check([][]float64{{math.NaN(), 1, 2, 3, 4, 5, 6}}, math.NaN())
}

// If starts have an effect, the test on the starts is the valid one. It does not find a change of the size of the
// pairs' MDE. A change of ClusteredMDE is found with about the power that MDE states for 8 units, 70%. The ratio of
// both is as in the doc comment.
func TestClusteredMDEIsFound(t *testing.T) {
	t.Parallel()
	r := seeded(23)
	const trials = 500
	centres := func(starts [][]float64) []float64 {
		var c []float64
		for _, g := range starts {
			c = append(c, stats.HodgesLehmann(g))
		}
		return c
	}
	found, foundByPairs := 0, 0
	var ratios, without []float64
	for range trials {
		starts := drawStarts(r, 8, 30, 0.5)
		for i := range starts {
			starts[i] = times(starts[i], 0.02) // noise of 2% for each pair
		}
		clustered, pairs := stats.ClusteredMDE(starts), stats.MDE(slices.Concat(starts...))
		ratios = append(ratios, pairs/clustered)
		if stats.SignedRankP(plus(centres(starts), math.Log1p(clustered)), 0) <= 0.01 {
			found++
		}
		if stats.SignedRankP(plus(centres(starts), math.Log1p(pairs)), 0) <= 0.01 {
			foundByPairs++
		}
		none := drawStarts(r, 8, 30, 0)
		for i := range none {
			none[i] = times(none[i], 0.02)
		}
		if ratio := stats.ClusteredMDE(none) / stats.MDE(slices.Concat(none...)); ratio > 1 {
			without = append(without, ratio)
		}
	}
	share(t, "changes of one ClusteredMDE found", found, trials, 0.7)
	if got := float64(foundByPairs) / trials; got > 0.2 {
		t.Errorf("changes of one MDE of the pairs found: share %.3f, want at most 0.2", got)
	}
	if got := stats.Median(ratios); got < 0.3 || got > 0.5 {
		t.Errorf("the MDE of the pairs is %.2f times the ClusteredMDE, want about 0.4", got)
	}
	share(t, "ClusteredMDE above MDE without an effect", len(without), trials, 0.45)
	if got := stats.Median(without); got < 1.1 || got > 1.4 {
		t.Errorf("without an effect it is then larger by %.2f, want about 1.2", got)
	}
}
