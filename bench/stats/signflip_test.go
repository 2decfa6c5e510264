package stats_test

import (
	"math"
	"slices"
	"testing"

	"forktax/bench/stats"
)

func TestSignFlip(t *testing.T) {
	r := seeded(10)
	check := func(d []float64, shift float64, flips int, want float64) {
		t.Helper()
		before := slices.Clone(d)
		if got := stats.SignFlip(d, shift, flips, 1); got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("SignFlip(%v, %g, %d, 1) = %g, want %g", d, shift, flips, got, want)
		}
		if !math.IsNaN(want) && !slices.Equal(d, before) {
			t.Errorf("SignFlip(%v, …) left %v", before, d)
		}
	}
	check(nil, 0, 1000, 1)
	check([]float64{0, 0}, 0, 1000, 1)
	check([]float64{1, 2, 3}, 0, 8, 1.0/8) // all of 2³: only the data themselves
	check([]float64{1, 2, 3}, 4, 8, 1)     // all below 4
	check([]float64{1, 2, 3}, 0, 0, 1)     // no draws: p is 1
	check([]float64{1, 2, 3}, 0, -5, 1)
	check([]float64{1, math.NaN()}, 0, 8, math.NaN())
	check([]float64{1, 2}, math.Inf(1), 8, math.NaN())
	check(times(depression, -1), 0, 512, 10.0/512) // as in TestSignedRankP
	check(plus(draw(r, 100, noises["normal"]), 50), 0, 9999, 1.0/10000)

	for range 50 { // with ties and zeros: enumerated, it equals the signed-rank test
		d := draw(r, 1+r.IntN(10), rounded)
		check(d, 0.5, 1024, stats.SignedRankP(d, 0.5))
		check(d, 0, 1024, stats.SignedRankP(d, 0))
	}
}

func TestSignFlipNeedsOnlyTheSeed(t *testing.T) {
	r := seeded(11)
	d := draw(r, 200, rounded)
	got := stats.SignFlip(d, 0.1, 999, 7)
	if again := stats.SignFlip(shuffled(r, d), 0.1, 999, 7); again != got {
		t.Errorf("SignFlip with the same seed, shuffled = %g, want %g", again, got)
	}
	if other := stats.SignFlip(d, 0.1, 999, 8); other == got {
		t.Errorf("SignFlip with another seed = %g, want another number", other)
	}
}

// Random flips agree with enumeration: 20,000 flips have a standard error of √(p(1−p)/20000).
func TestSignFlipAgreesWithSignedRankP(t *testing.T) {
	r := seeded(12)
	for _, n := range []int{20, 50, 150} {
		for range 5 {
			d := plus(draw(r, n, noises["double exponential"]), 0.1)
			const flips = 20_000
			want := stats.SignedRankP(d, 0)
			got := stats.SignFlip(d, 0, flips, r.Uint64())
			if margin := 4*math.Sqrt(want*(1-want)/flips) + 0.001; math.Abs(got-want) > margin {
				t.Errorf("SignFlip of %d values = %g, want %g ± %g", n, got, want, margin)
			}
		}
	}
}

// For identical programs p is at most α in a share α of runs, even if the noise of the pairs varies widely in size.
// With 199 flips that is exact at α = 0.05: each rank of the data among the 200 sums is equally likely.
func TestSignFlipFalseAlarms(t *testing.T) {
	t.Parallel()
	r := seeded(13)
	const trials = 6000
	for _, n := range []int{12, 64, 100} {
		alarms := 0
		for range trials {
			d := make([]float64, n)
			for i := range d {
				d[i] = r.NormFloat64() * math.Exp(2*r.NormFloat64())
			}
			if stats.SignFlip(d, 0, 199, r.Uint64()) <= 0.05 {
				alarms++
			}
		}
		share(t, "alarms of SignFlip at 0.05", alarms, trials, 0.05)
	}
}
