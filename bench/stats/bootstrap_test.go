package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"forktax/bench/stats"
)

// constantBlocks returns n blocks of the given size; all observations of block i are value(i).
func constantBlocks(n, size int, value func(i int) int64) [][]int64 {
	blocks := make([][]int64, n)
	for i := range blocks {
		blocks[i] = slices.Repeat([]int64{value(i)}, size)
	}
	return blocks
}

// bootstrap returns the result of Bootstrap for the blocks.
func bootstrap(baseline, candidate [][]int64, p, confidence float64, resamples int, seed uint64) (ratio,
	difference stats.Interval, ok bool) {
	return stats.Bootstrap(stats.PoolOf(baseline...), stats.PoolOf(candidate...), p, confidence, resamples, seed)
}

func thousand(int) int64 { return 1000 }

// If all observations of a block are equal, the percentile of a resample is an order statistic of the drawn blocks,
// and its distribution is known. The k-th of 20 drawn blocks is at most the j-th of all 20 with probability P(Bin(20,
// j/20) ≥ k). The ends of the interval are the lowest j for which this reaches 0.025 and 0.975.
func TestBootstrapAgainstTheBinomial(t *testing.T) {
	check := func(p float64, low, estimate, high float64) {
		t.Helper()
		base := constantBlocks(20, 2, thousand)
		cand := constantBlocks(20, 2, func(i int) int64 { return 1000 * int64(i+1) })
		ratio, difference, ok := bootstrap(base, cand, p, 0.95, 1999, 1)
		want := stats.Interval{Estimate: estimate, Low: low, High: high, Confidence: 0.95, N: 20}
		if !ok || ratio != want {
			t.Errorf("Bootstrap at %g: ratio %+v, %t, want %+v", p, ratio, ok, want)
		}
		want.Estimate, want.Low, want.High = 1000*(estimate-1), 1000*(low-1), 1000*(high-1)
		if difference != want {
			t.Errorf("Bootstrap at %g: difference %+v, want %+v", p, difference, want)
		}
	}
	check(0.5, 6, 10, 14)  // k = 10; j = 5: 0.0139, 6: 0.048; 13: 0.947, 14: 0.983
	check(0.9, 14, 18, 20) // k = 18; j = 13: 0.0121, 14: 0.0355; 19: 0.925, 20: 1
}

// logNormal draws blocks for pairs, with noise that both blocks of a pair share and noise of each block.
func logNormal(r *rand.Rand, pairs, size int) (baseline, candidate [][]int64) {
	block := func(level float64) []int64 {
		b := make([]int64, size)
		for i := range b {
			b[i] = int64(1e6 * math.Exp(level+0.3*r.NormFloat64()+0.5*r.ExpFloat64()))
		}
		slices.Sort(b)
		return b
	}
	for range pairs {
		shared := 0.1 * r.NormFloat64()
		baseline = append(baseline, block(shared+0.08*r.NormFloat64()))
		candidate = append(candidate, block(shared+0.08*r.NormFloat64()))
	}
	return baseline, candidate
}

// The estimates equal the pooled percentiles, and each resample equals the percentile of its blocks concatenated and
// sorted.
func TestBootstrapEstimate(t *testing.T) {
	r := seeded(15)
	base, cand := logNormal(r, 25, 40)
	for _, p := range []float64{0.5, 0.9, 0.99} {
		ratio, difference, ok := bootstrap(base, cand, p, 0.9, 200, 1)
		b, _ := stats.PoolOf(base...).Percentile(p)
		c, _ := stats.PoolOf(cand...).Percentile(p)
		if want := float64(c) / float64(b); !ok || ratio.Estimate != want || !(ratio.Low <= want && want <= ratio.High) {
			t.Errorf("Bootstrap at %g: ratio %+v, %t, want %g within", p, ratio, ok, want)
		}
		if want := float64(c - b); difference.Estimate != want || !(difference.Low <= want && want <= difference.High) {
			t.Errorf("Bootstrap at %g: difference %+v, want %g within", p, difference, want)
		}
		var ratios []float64
		random := rand.New(rand.NewPCG(1, 0x626f6f7473747261))
		for range 200 {
			var drawnBase, drawnCand [][]int64
			for range base {
				i := random.IntN(len(base))
				drawnBase, drawnCand = append(drawnBase, base[i]), append(drawnCand, cand[i])
			}
			b, _ := stats.PoolOf(drawnBase...).Percentile(p)
			c, _ := stats.PoolOf(drawnCand...).Percentile(p)
			ratios = append(ratios, float64(c)/float64(b))
		}
		slices.Sort(ratios)
		if ratio.Low != ratios[9] || ratio.High != ratios[190] { // k = ⌊201 · 0.05⌋ = 10
			t.Errorf("Bootstrap at %g: %g to %g, want %g to %g", p, ratio.Low, ratio.High, ratios[9], ratios[190])
		}
	}
}

func TestBootstrapProperties(t *testing.T) {
	r := seeded(16)
	base, cand := logNormal(r, 30, 50)
	ratio := func(base, cand [][]int64) stats.Interval {
		t.Helper()
		iv, _, ok := bootstrap(base, cand, 0.99, 0.95, 399, 3)
		if !ok {
			t.Fatal("Bootstrap gives none")
		}
		return iv
	}
	want := ratio(base, cand)
	if again := ratio(base, cand); again != want {
		t.Errorf("Bootstrap with the same seed = %+v, want %+v", again, want)
	}
	for _, b := range cand {
		for i := range b {
			b[i] *= 4
		}
	}
	want.Estimate, want.Low, want.High = 4*want.Estimate, 4*want.Low, 4*want.High
	if got := ratio(base, cand); got != want {
		t.Errorf("Bootstrap with 4 times the candidate = %+v, want %+v", got, want)
	}
	// Pairs stay together: a candidate that is always twice its baseline is twice its baseline in every resample.
	for i, b := range base {
		cand[i] = slices.Clone(b)
		for j := range b {
			cand[i][j] *= 2
		}
	}
	if got := ratio(base, cand); got.Low != 2 || got.Estimate != 2 || got.High != 2 {
		t.Errorf("Bootstrap with twice the baseline = %+v, want 2", got)
	}
}

// If few of 30 blocks are slow, the resamples that do not draw them lack the tail.
func TestBootstrapOfAccidents(t *testing.T) {
	steady := constantBlocks(30, 100, thousand)
	slow := func(blocks, size int) [][]int64 {
		pool := constantBlocks(30, 100, func(i int) int64 { return 1000 + int64(i) })
		for i := range blocks {
			pool[29-i] = slices.Repeat([]int64{1e6}, size)
		}
		return pool
	}
	check := func(base, cand [][]int64, wantOK bool, low, estimate, high float64) {
		t.Helper()
		iv, difference, ok := bootstrap(base, cand, 0.99, 0.95, 1999, 1)
		if ok != wantOK || ok && (iv.Low != low || iv.Estimate != estimate || iv.High != high) {
			t.Errorf("Bootstrap = %+v, %+v, %t, want %g (%g to %g), %t", iv, difference, ok, estimate, low, high, wantOK)
		}
	}
	// In (29/30)³⁰ = 36% of resamples the slow block is not drawn, and p99 is that of the slowest drawn block. It is at
	// most block 26 in (27/30)³⁰ = 4.2% of resamples, and at most block 25 in 1.4%.
	check(steady, slow(1, 100), true, 1.026, 1000, 1000)
	check(slow(1, 100), steady, true, 0.001, 0.001, 1/1.026)
	check(steady, slow(4, 100), true, 1000, 1000, 1000) // the 1.4%
	// If three blocks hold the largest million, 4.2% of the resamples have no observation that is examined.
	check(steady, slow(3, 400_000), false, 0, 0, 0)
	check(slow(3, 400_000), steady, false, 0, 0, 0)
	check(steady, slow(4, 400_000), true, 1000, 1000, 1000) // the 1.4% count as lower, and are outside of the interval
	check(slow(4, 400_000), steady, true, 0.001, 0.001, 0.001)
	check(slow(4, 400_000), slow(4, 400_000), false, 0, 0, 0) // then not even the direction of the ratio is known
}

func TestBootstrapRefuses(t *testing.T) {
	good := constantBlocks(20, 20, thousand)
	with := func(i int, block ...int64) [][]int64 {
		blocks := slices.Clone(good)
		blocks[i] = block
		return blocks
	}
	for name, c := range map[string]struct {
		baseline, candidate [][]int64
		p, confidence       float64
		resamples           int
	}{
		"no blocks":                  {nil, nil, 0.99, 0.95, 1000},
		"too few pairs":              {good[:19], good[:19], 0.5, 0.95, 1000},
		"unequal numbers of blocks":  {good, append(slices.Clone(good), good[0]), 0.99, 0.95, 1000},
		"too few observations":       {good, constantBlocks(20, 18, thousand), 0.99, 0.95, 1000}, // 360 < 368
		"an empty block":             {good, with(7), 0.99, 0.95, 1000},
		"an observation of 0":        {with(7, 0, 1), good, 0.9, 0.95, 1000},
		"a negative observation":     {good, with(7, -1, 1), 0.9, 0.95, 1000},
		"too few resamples":          {good, good, 0.99, 0.95, 38}, // 39 · 0.025 < 1
		"no resamples":               {good, good, 0.99, 0.95, 0},
		"no percentile":              {good, good, 1, 0.95, 1000},
		"a low percentile":           {good, good, 0.49, 0.95, 1000},
		"a percentile that is NaN":   {good, good, math.NaN(), 0.95, 1000},
		"no confidence":              {good, good, 0.99, 1, 1000},
		"a confidence that is a NaN": {good, good, 0.99, math.NaN(), 1000},
	} {
		t.Run(name, func(t *testing.T) {
			ratio, difference, ok := bootstrap(c.baseline, c.candidate, c.p, c.confidence, c.resamples, 1)
			if none := (stats.Interval{}); ok || ratio != none || difference != none {
				t.Errorf("Bootstrap = %+v, %+v, %t, want none", ratio, difference, ok)
			}
		})
	}
	if _, _, ok := bootstrap(good, good, 0.99, 0.95, 39, 1); !ok {
		t.Error("Bootstrap with 39 resamples gives none, want the least and the largest")
	}
}

func TestBootstrapCoverage(t *testing.T) {
	t.Parallel()
	r := seeded(17)
	const trials = 500
	for _, p := range []float64{0.5, 0.99} {
		held, heldDifference := 0, 0
		for range trials {
			base, cand := logNormal(r, 20, 30)
			ratio, difference, _ := bootstrap(base, cand, p, 0.95, 199, r.Uint64())
			if ratio.Low <= 1 && 1 <= ratio.High {
				held++
			}
			if difference.Low <= 0 && 0 <= difference.High {
				heldDifference++
			}
		}
		for what, n := range map[string]int{"ratio": held, "difference": heldDifference} {
			if got := float64(n) / trials; got < 0.92 || got > 0.99 {
				t.Errorf("coverage of the %s by Bootstrap at %g: %.3f, want 0.92 to 0.99", what, p, got)
			}
		}
	}
}

// A run of a million observations, 1000 resamples.
func BenchmarkBootstrap(b *testing.B) {
	base, cand := logNormal(seeded(18), 500, 1000)
	for b.Loop() {
		bootstrap(base, cand, 0.99, 0.95, 1000, 1)
	}
}
