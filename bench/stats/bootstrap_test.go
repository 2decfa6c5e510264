package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"forktax/bench/stats"
)

// constantBlocks returns n blocks of a size each; all observations of block i are value(i).
func constantBlocks(n, size int, value func(i int) int64) [][]int64 {
	blocks := make([][]int64, n)
	for i := range blocks {
		blocks[i] = slices.Repeat([]int64{value(i)}, size)
	}
	return blocks
}

func thousand(int) int64 { return 1000 }

// When all observations of a block are alike, the percentile of a resample is an order statistic of the blocks drawn,
// and its distribution is known: the j-th of 20 blocks or a lower one is the k-th of 20 drawn with probability
// P(Bin(20, j/20) ≥ k). The interval's ends are the lowest j for which that reaches 0.025 and 0.975.
func TestBootstrapRatioAgainstTheBinomial(t *testing.T) {
	check := func(p float64, low, estimate, high float64) {
		t.Helper()
		base := constantBlocks(20, 2, thousand)
		cand := constantBlocks(20, 2, func(i int) int64 { return 1000 * int64(i+1) })
		got, ok := stats.BootstrapRatio(base, cand, p, 0.95, 1999, 1)
		want := stats.Interval{Estimate: estimate, Low: low, High: high, Confidence: 0.95, N: 20}
		if !ok || got != want {
			t.Errorf("BootstrapRatio at %g = %+v, %t, want %+v", p, got, ok, want)
		}
	}
	check(0.5, 6, 10, 14)  // k = 10; j = 5: 0.0139, 6: 0.048; 13: 0.947, 14: 0.983
	check(0.9, 14, 18, 20) // k = 18; j = 13: 0.0121, 14: 0.0355; 19: 0.925, 20: 1
	check(0.2, 2, 4, 8)    // k = 4; j = 1: 0.0159, 2: 0.133; 7: 0.956, 8: 0.984
}

// logNormal draws blocks for pairs: each pair has noise that its two blocks share, and each block noise of its own.
func logNormal(r *rand.Rand, pairs, size int) (baseline, candidate [][]int64) {
	block := func(level float64) []int64 {
		b := make([]int64, size)
		for i := range b {
			b[i] = int64(1e6 * math.Exp(level+0.3*r.NormFloat64()+0.5*r.ExpFloat64()))
		}
		return b
	}
	for range pairs {
		shared := 0.1 * r.NormFloat64()
		baseline = append(baseline, block(shared+0.08*r.NormFloat64()))
		candidate = append(candidate, block(shared+0.08*r.NormFloat64()))
	}
	return baseline, candidate
}

// The estimate is the ratio of the pooled percentiles, by the function that states them.
func TestBootstrapRatioEstimate(t *testing.T) {
	r := seeded(15)
	base, cand := logNormal(r, 25, 40)
	pooled := func(blocks [][]int64, p float64) float64 {
		all := slices.Concat(blocks...)
		slices.Sort(all)
		v, _ := stats.Percentile(all, p)
		return float64(v)
	}
	for _, p := range []float64{0.1, 0.5, 0.9, 0.99} {
		got, ok := stats.BootstrapRatio(base, cand, p, 0.9, 200, 1)
		want := pooled(cand, p) / pooled(base, p)
		if !ok || got.Estimate != want || !(got.Low <= want && want <= got.High) {
			t.Errorf("BootstrapRatio at %g = %+v, %t, want %g within", p, got, ok, want)
		}
	}
}

func TestBootstrapRatioProperties(t *testing.T) {
	r := seeded(16)
	base, cand := logNormal(r, 30, 50)
	ratio := func(base, cand [][]int64) stats.Interval {
		t.Helper()
		iv, ok := stats.BootstrapRatio(base, cand, 0.99, 0.95, 399, 3)
		if !ok {
			t.Fatal("BootstrapRatio gives none")
		}
		return iv
	}
	want := ratio(base, cand)

	before := slices.Concat(base...)
	if again := ratio(base, cand); again != want {
		t.Errorf("BootstrapRatio with the same seed = %+v, want %+v", again, want)
	}
	if !slices.Equal(slices.Concat(base...), before) {
		t.Error("BootstrapRatio left the baseline in another order")
	}
	for _, b := range cand {
		r.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
	}
	if got := ratio(base, cand); got != want {
		t.Errorf("BootstrapRatio with shuffled blocks = %+v, want %+v", got, want)
	}
	for _, b := range cand {
		for i := range b {
			b[i] *= 4
		}
	}
	want.Estimate, want.Low, want.High = 4*want.Estimate, 4*want.Low, 4*want.High
	if got := ratio(base, cand); got != want {
		t.Errorf("BootstrapRatio with 4 times the candidate = %+v, want %+v", got, want)
	}
	// Pairs stay together: a candidate that is always twice its baseline is so in every resample.
	for i, b := range base {
		cand[i] = slices.Clone(b)
		for j := range b {
			cand[i][j] *= 2
		}
	}
	if got := ratio(base, cand); got.Low != 2 || got.Estimate != 2 || got.High != 2 {
		t.Errorf("BootstrapRatio with twice the baseline = %+v, want 2", got)
	}
}

func TestBootstrapRatioRefuses(t *testing.T) {
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
		"an observation of 0":        {with(7, 1, 0), good, 0.9, 0.95, 1000},
		"a negative observation":     {good, with(7, -1, 1), 0.9, 0.95, 1000},
		"too few resamples":          {good, good, 0.99, 0.95, 38}, // 39 · 0.025 < 1
		"no resamples":               {good, good, 0.99, 0.95, 0},
		"no percentile":              {good, good, 1, 0.95, 1000},
		"a percentile that is NaN":   {good, good, math.NaN(), 0.95, 1000},
		"no confidence":              {good, good, 0.99, 1, 1000},
		"a confidence that is a NaN": {good, good, 0.99, math.NaN(), 1000},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := stats.BootstrapRatio(c.baseline, c.candidate, c.p, c.confidence, c.resamples, 1)
			if ok || got != (stats.Interval{}) {
				t.Errorf("BootstrapRatio = %+v, %t, want none", got, ok)
			}
		})
	}
	if _, ok := stats.BootstrapRatio(good, good, 0.99, 0.95, 39, 1); !ok {
		t.Error("BootstrapRatio with 39 resamples gives none, want the least and the largest")
	}
}

func TestBootstrapRatioCoverage(t *testing.T) {
	t.Parallel()
	r := seeded(17)
	const trials = 500
	for _, p := range []float64{0.5, 0.99} {
		held := 0
		for range trials {
			base, cand := logNormal(r, 20, 30)
			if iv, _ := stats.BootstrapRatio(base, cand, p, 0.95, 199, r.Uint64()); iv.Low <= 1 && 1 <= iv.High {
				held++
			}
		}
		if got := float64(held) / trials; got < 0.92 || got > 0.99 {
			t.Errorf("coverage of BootstrapRatio at %g: %.3f, want 0.92 to 0.99", p, got)
		}
	}
}

// A run of a million observations, 1000 resamples.
func BenchmarkBootstrapRatio(b *testing.B) {
	base, cand := logNormal(seeded(18), 500, 1000)
	for b.Loop() {
		stats.BootstrapRatio(base, cand, 0.99, 0.95, 1000, 1)
	}
}
