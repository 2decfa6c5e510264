package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"forktax/bench/stats"
)

// drawStarts draws starts of log ratios, with a noise of 1 for each pair and an effect of the given size for each
// start.
func drawStarts(r *rand.Rand, starts, pairs int, effect float64) [][]float64 {
	all := make([][]float64, starts)
	for i := range all {
		all[i] = plus(draw(r, pairs, noises["normal"]), effect*r.NormFloat64())
	}
	return all
}

func TestClustered(t *testing.T) {
	six := [][]float64{{1, 1, 1}, {2, 2, 2}, {3, 3, 3}, {4, 4, 4}, {5, 5, 5}, {6, 6, 6}}
	pairs := func(starts [][]float64) stats.Interval {
		iv, _ := stats.SignedRank(slices.Concat(starts...), 0.95)
		return iv
	}
	sixGroups := stats.Interval{Estimate: 3.5, Low: 1, High: 6, Confidence: 1 - 2.0/64, N: 6}
	spread := [][]float64{{-9, 0, 9}, {-8, 0, 8}, {-7, 0, 7}, {-6, 0, 6}, {-5, 0, 5}, {-4, 0, 4}}
	for name, c := range map[string]struct {
		starts [][]float64
		want   stats.Clustering
	}{
		"starts that disagree": {six, stats.Clustering{
			Interval: sixGroups, Pairs: pairs(six), Starts: sixGroups, Judged: true, Widened: true,
		}},
		"starts that agree more than their pairs": {spread, stats.Clustering{
			Interval: pairs(spread), Pairs: pairs(spread), Judged: true,
			Starts: stats.Interval{Confidence: 1 - 2.0/64, N: 6},
		}},
		"too few starts": {six[:5], stats.Clustering{Interval: pairs(six[:5]), Pairs: pairs(six[:5])}},
		"an empty start counts as none": {append(slices.Clone(six[:5]), nil), stats.Clustering{
			Interval: pairs(six[:5]), Pairs: pairs(six[:5]),
		}},
		"one start": {[][]float64{maize}, stats.Clustering{
			Interval: pairs([][]float64{maize}), Pairs: pairs([][]float64{maize}),
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, ok := stats.Clustered(c.starts, 0.95); !ok || got != c.want {
				t.Errorf("Clustered(%v, 0.95) = %+v, %t, want %+v", c.starts, got, ok, c.want)
			}
		})
	}
	for _, starts := range [][][]float64{nil, {{1, 2}, {3, 4}}, {{1, 2, 3, 4, 5}, {6, 7, math.NaN()}}} {
		if got, ok := stats.Clustered(starts, 0.95); ok || got != (stats.Clustering{}) {
			t.Errorf("Clustered(%v, 0.95) = %+v, %t, want none", starts, got, ok)
		}
	}
}

// The printed interval contains the centre whether or not starts have an effect. The interval of the pairs alone does
// not.
func TestClusteredCoverage(t *testing.T) {
	t.Parallel()
	const trials = 1000
	check := func(effect, widenedAtLeast, widenedAtMost float64) {
		t.Helper()
		r := seeded(14)
		held, heldByPairs, widened := 0, 0, 0
		for range trials {
			c, _ := stats.Clustered(drawStarts(r, 8, 30, effect), 0.95)
			if c.Low <= 0 && 0 <= c.High {
				held++
			}
			if c.Pairs.Low <= 0 && 0 <= c.Pairs.High {
				heldByPairs++
			}
			if c.Widened {
				widened++
			}
		}
		if got := float64(held) / trials; got < 0.94 {
			t.Errorf("effect %g: coverage of Clustered %.3f, want at least 0.94", effect, got)
		}
		if got := float64(widened) / trials; got < widenedAtLeast || got > widenedAtMost {
			t.Errorf("effect %g: share widened %.3f, want %g to %g", effect, got, widenedAtLeast, widenedAtMost)
		}
		if got := float64(heldByPairs) / trials; effect == 0.5 && (got < 0.5 || got > 0.65) {
			t.Errorf("effect %g: coverage of the pairs %.3f, want about 0.57, as in the doc comment", effect, got)
		}
	}
	check(0, 0.2, 0.3) // a quarter of runs, as in the doc comment
	check(0.5, 0.95, 1)
}
