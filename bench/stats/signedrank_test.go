package stats_test

import (
	"math"
	"slices"
	"testing"

	"forktax/bench/stats"
)

// negativeRankSum returns the differences ±1 … ±n, whose ranks are their sizes. The sizes of the negative ones add up
// to t.
func negativeRankSum(n, t int) []float64 {
	d := make([]float64, n)
	for i := n; i >= 1; i-- {
		d[i-1] = float64(i)
		if i <= t {
			d[i-1], t = -d[i-1], t-i
		}
	}
	return d
}

// The critical values are from the signed-rank table (Wilcoxon and Wilcox 1964; in most textbooks): the largest rank
// sum T that is significant in a two-sided test. So the one-sided p of T is at most half of α, and that of T+1 is
// above.
func TestSignedRankPAtTheTablesCriticalValues(t *testing.T) {
	check := func(n int, alpha float64, critical int) {
		t.Helper()
		if p := stats.SignedRankP(negativeRankSum(n, critical), 0); p > alpha/2 {
			t.Errorf("SignedRankP of n = %d with T = %d is %.5f, want at most %g", n, critical, p, alpha/2)
		}
		if p := stats.SignedRankP(negativeRankSum(n, critical+1), 0); p <= alpha/2 {
			t.Errorf("SignedRankP of n = %d with T = %d is %.5f, want above %g", n, critical+1, p, alpha/2)
		}
	}
	for n, critical := range map[int]int{6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 11: 10, 12: 13, 13: 17, 14: 21, 15: 25, 16: 29,
		17: 34, 18: 40, 19: 46, 20: 52, 25: 89, 30: 137, 40: 264, 50: 434} {
		check(n, 0.05, critical)
	}
	for n, critical := range map[int]int{8: 0, 9: 1, 10: 3, 12: 7, 15: 15, 20: 37, 25: 68} {
		check(n, 0.01, critical)
	}
}

func TestSignedRankP(t *testing.T) {
	const third = 1.0 / 3
	for name, c := range map[string]struct {
		d     []float64
		shift float64
		want  float64
	}{
		"none":      {nil, 0, 1},
		"only 0":    {[]float64{0, 0, 0}, 0, 1},
		"one above": {[]float64{1}, 0, 0.5},
		"one below": {[]float64{-1}, 0, 1},
		// Improvement is a decrease, so −d is tested. In d only ranks 2 and 3 (.080, .147) are positive: T⁺ = 5. Subsets of
		// 1…9 with sum ≤ 5: {} 1 2 3 4 5 12 13 14 23, ten of 2⁹. Hollander and Wolfe give 0.020.
		"Hollander and Wolfe's 3.1": {times(depression, -1), 0, 10.0 / 512},
		// −48 and −67 have ranks 10 and 14 of 15, T⁻ = 24. R: wilcox.test(d)$p.value is 0.04126 two-sided.
		"Darwin's maize": {maize, 0, 676.0 / 32768},
		"the same, asked for more than half an inch": {plus(maize, 4), 4, 676.0 / 32768},
		// Pratt 1959, the zero dropped: signed ranks 1…11, −12. Sets of different whole numbers with sum 0, 1, … 12:
		// 1+1+1+2+2+3+4+5+6+8+10+12+15 = 70.
		"Pratt's with a zero": {[]float64{0, 2, 3, 4, 6, 7, 8, 9, 11, 14, 15, 17, -18}, 0, 70.0 / 4096},
		// The zero is now −1, with signed ranks −1, 2…12, −13: 70 + 18 + 22, less {14}. Lower data have a lower p.
		"Pratt's without": {[]float64{-1, 2, 3, 4, 6, 7, 8, 9, 11, 14, 15, 17, -18}, 0, 109.0 / 8192},
		// Ranks 2, 2, 2, 4 and W⁺ = 8. Of 16 assignments 2+2+4 (three of them) and all four reach 8.
		"midranks": {[]float64{1, 1, -1, 2}, 0, 4.0 / 16},
		// After the shift −1/3, −1/3, 2/3: ranks 1.5, 1.5, 3, W⁺ = 3. It is reached by {3}, by {1.5, 1.5}, and by the sets
		// that contain one of them: 5 of 8.
		"ties after a shift":  {[]float64{0, 0, 1}, third, 5.0 / 8},
		"a NaN":               {[]float64{1, math.NaN()}, 0, math.NaN()},
		"an infinity":         {[]float64{1, math.Inf(1)}, 0, math.NaN()},
		"a shift that is NaN": {[]float64{1}, math.NaN(), math.NaN()},
	} {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(c.d)
			got := stats.SignedRankP(c.d, c.shift)
			if !near(got, c.want) && !(math.IsNaN(got) && math.IsNaN(c.want)) {
				t.Errorf("SignedRankP(%v, %g) = %.6f, want %.6f", c.d, c.shift, got, c.want)
			}
			if !math.IsNaN(c.want) && !slices.Equal(c.d, before) {
				t.Errorf("SignedRankP(%v, %g) left %v", before, c.shift, c.d)
			}
		})
	}
}

// The conditional distribution is enumerated, with ties and zeros: W⁺ of |d| under each of the 2ⁿ assignments.
func TestSignedRankPIsTheShareOfAllAssignments(t *testing.T) {
	rankSum := func(d []float64) (w float64) { // counts instead of sorting
		for _, v := range d {
			smaller, equal := 0, 0
			for _, u := range d {
				switch {
				case u != 0 && math.Abs(u) < math.Abs(v):
					smaller++
				case math.Abs(u) == math.Abs(v):
					equal++
				}
			}
			if v > 0 {
				w += float64(smaller) + float64(equal+1)/2
			}
		}
		return w
	}
	r := seeded(5)
	for n := 1; n <= 9; n++ {
		for range 10 {
			d := draw(r, n, rounded)
			reached, flipped := 0, make([]float64, n)
			for signs := range 1 << n {
				for i, v := range d {
					flipped[i] = v * float64(1-2*(signs>>i&1))
				}
				if rankSum(flipped) >= rankSum(d) {
					reached++
				}
			}
			want := float64(reached) / float64(int(1)<<n)
			if got := stats.SignedRankP(d, 0); got != want {
				t.Fatalf("SignedRankP(%v, 0) = %g, want %g", d, got, want)
			}
		}
	}
}

// Just beyond the exact distribution, the approximation is as good as the comment at exactUpTo states.
func TestSignedRankPBeyondTheExact(t *testing.T) {
	const n = 51
	counts := make([]float64, n*(n+1)/2+1) // subsets of 1…n by their sum
	counts[0] = 1
	for rank := 1; rank <= n; rank++ {
		for s := len(counts) - 1; s >= rank; s-- {
			counts[s] += counts[s-rank]
		}
	}
	exact := 0.0
	for sum, count := range counts {
		if exact += math.Ldexp(count, -n); exact > 0.1 {
			break
		}
		if got := stats.SignedRankP(negativeRankSum(n, sum), 0); math.Abs(got-exact) > 0.001 {
			t.Errorf("SignedRankP of n = %d with T = %d is %.5f, want %.5f", n, sum, got, exact)
		}
	}
}

func TestSignedRank(t *testing.T) {
	for name, c := range map[string]struct {
		d                          []float64
		confidence                 float64
		estimate, low, high, level float64
	}{
		// c = 5: P(W ≤ 5) = 10/512 ≤ 0.025 < P(W ≤ 6) = 14/512. The 6th smallest average of −1.022 −.987 −.952 −.821
		// −.806 −.786, the 6th largest of .147 .1135 .08 .0685 .035 −.010. Hollander and Wolfe, example 3.5: the same
		// at 96%.
		"Hollander and Wolfe's 3.5": {depression, 0.95, -0.46, -0.786, -0.010, 1 - 20.0/512},
		// c = 0: 2/64 are left out, and all averages are within the interval.
		"the smallest n at 95%":    {[]float64{1, 2, 3, 4, 5, 6}, 0.95, 3.5, 1, 6, 1 - 2.0/64},
		"exactly what is attained": {[]float64{1, 2, 3, 4, 5, 6}, 1 - 2.0/64, 3.5, 1, 6, 1 - 2.0/64},
		"two values at 50%":        {[]float64{1, 4}, 0.5, 2.5, 1, 4, 0.5},                       // c = 0: P(W ≤ 0) = 1/4
		"all equal":                {[]float64{2, 2, 2, 2, 2, 2, 2}, 0.95, 2, 2, 2, 1 - 6.0/128}, // c = 2: {} 1 2
	} {
		t.Run(name, func(t *testing.T) {
			before := slices.Clone(c.d)
			got, ok := stats.SignedRank(c.d, c.confidence)
			if !ok || !near(got.Estimate, c.estimate) || !near(got.Low, c.low) || !near(got.High, c.high) ||
				!near(got.Confidence, c.level) || got.N != len(c.d) {
				t.Errorf("SignedRank(%v, %g) = %+v, %t, want %g in %g … %g at %g", c.d, c.confidence, got, ok,
					c.estimate, c.low, c.high, c.level)
			}
			if !slices.Equal(c.d, before) {
				t.Errorf("SignedRank(%v, %g) left %v", before, c.confidence, c.d)
			}
		})
	}
}

func TestSignedRankRefuses(t *testing.T) {
	check := func(d []float64, confidence float64) {
		t.Helper()
		if got, ok := stats.SignedRank(d, confidence); ok || got != (stats.Interval{}) {
			t.Errorf("SignedRank(%v, %g) = %+v, %t, want none", d, confidence, got, ok)
		}
	}
	check(nil, 0.95)
	check([]float64{1}, 0.95)
	check([]float64{1, 2, 3, 4, 5}, 0.95)       // 2/32 > 0.05
	check([]float64{1, 2, 3, 4, 5, 6, 7}, 0.99) // 2/128 > 0.01
	check([]float64{1, 2, 3, 4, 5, math.NaN()}, 0.95)
	check([]float64{1, 2, 3, 4, 5, math.Inf(1)}, 0.95)
	for _, confidence := range []float64{0, 1, -1, 1.5, math.NaN()} {
		check(maize, confidence)
	}
	check(make([]float64, 60), 1-1e-15) // the normal approximation does not reach as far
}

// The ends of the interval are Walsh averages, at the ranks that belong to its confidence.
func TestSignedRankIsMadeOfAllPairs(t *testing.T) {
	r := seeded(6)
	for n := 8; n <= 50; n += 3 {
		for _, confidence := range []float64{0.5, 0.9, 0.99} {
			d := draw(r, n, noises["double exponential"])
			got, ok := stats.SignedRank(d, confidence)
			if !ok {
				t.Fatalf("SignedRank(%v, %g) gives none", d, confidence)
			}
			all := allWalshAverages(d)
			c, found := slices.BinarySearch(all, got.Low)
			if !found || got.High != all[len(all)-1-c] || got.Estimate != stats.Median(all) {
				t.Errorf("SignedRank(%v, %g) = %+v, want the averages %d from both ends, %g … %g around %g", d,
					confidence, got, c, all[c], all[len(all)-1-c], stats.Median(all))
			}
		}
	}
}

// An interval contains the centres that the test does not reject: at its ends p crosses (1−confidence)/2.
func TestSignedRankInvertsSignedRankP(t *testing.T) {
	r := seeded(7)
	for _, n := range []int{6, 10, 23, 50, 51, 80, 300} {
		for range 10 {
			d := draw(r, n, noises["normal"])
			iv, ok := stats.SignedRank(d, 0.95)
			if !ok {
				t.Fatalf("SignedRank of %d values gives none", n)
			}
			const step = 1e-9
			check := func(d []float64, end float64) {
				t.Helper()
				if p := stats.SignedRankP(d, end-step); p > 0.025 {
					t.Errorf("n = %d: SignedRankP outside the interval = %g, want at most 0.025", n, p)
				}
				if p := stats.SignedRankP(d, end+step); p <= 0.025 {
					t.Errorf("n = %d: SignedRankP inside the interval = %g, want above 0.025", n, p)
				}
			}
			check(d, iv.Low)
			check(times(d, -1), -iv.High)
		}
	}
}

func TestSignedRankProperties(t *testing.T) {
	r := seeded(8)
	for range 300 {
		d := draw(r, 6+r.IntN(70), noises["double exponential"])
		iv, ok := stats.SignedRank(d, 0.95)
		if !ok || !(iv.Low <= iv.Estimate && iv.Estimate <= iv.High) {
			t.Fatalf("SignedRank(%v, 0.95) = %+v, %t, want low ≤ estimate ≤ high", d, iv, ok)
		}
		check := func(what string, changed []float64, low, estimate, high float64) {
			t.Helper()
			got, _ := stats.SignedRank(changed, 0.95)
			if !near(got.Low, low) || !near(got.Estimate, estimate) || !near(got.High, high) {
				t.Fatalf("SignedRank of %v %s = %+v, want %g in %g … %g", d, what, got, estimate, low, high)
			}
		}
		check("shuffled", shuffled(r, d), iv.Low, iv.Estimate, iv.High)
		check("plus 3", plus(d, 3), iv.Low+3, iv.Estimate+3, iv.High+3)
		check("times 10", times(d, 10), 10*iv.Low, 10*iv.Estimate, 10*iv.High)
		check("negated", times(d, -1), -iv.High, -iv.Estimate, -iv.Low)

		if p, q := stats.SignedRankP(d, 0.1), stats.SignedRankP(shuffled(r, d), 0.1); p != q {
			t.Fatalf("SignedRankP of %v = %g, shuffled %g", d, p, q)
		}
		if p, q := stats.SignedRankP(d, 0), stats.SignedRankP(d, 0.5); p > q {
			t.Fatalf("SignedRankP(%v, 0) = %g, above %g for a larger shift", d, p, q)
		}
	}
}

// The exact interval contains the centre with probability Confidence, whatever the noise is.
func TestSignedRankCoverage(t *testing.T) {
	for name, noise := range noises {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := seeded(9)
			for _, n := range []int{8, 20, 60} {
				const trials = 4000
				held, rejected, level := 0, 0, 0.0
				for range trials {
					d := draw(r, n, noise)
					iv, _ := stats.SignedRank(d, 0.95)
					if level = iv.Confidence; iv.Low <= 0 && 0 <= iv.High {
						held++
					}
					if stats.SignedRankP(d, 0) <= 0.025 {
						rejected++
					}
				}
				share(t, "the centre held by SignedRank", held, trials, level)
				share(t, "SignedRankP at most 0.025", rejected, trials, (1-level)/2)
				if got := float64(held) / trials; n >= 20 && (got < 0.94 || got > 0.96) {
					t.Errorf("n = %d: coverage %.4f, want 0.94 to 0.96", n, got)
				}
			}
		})
	}
}

// Ties may make the coverage of the interval higher than its Confidence, never lower.
func TestSignedRankCoverageWithTies(t *testing.T) {
	r := seeded(21)
	const trials = 2000
	for _, n := range []int{8, 20, 60} {
		held, level := 0, 0.0
		for range trials {
			iv, _ := stats.SignedRank(draw(r, n, rounded), 0.95)
			if level = iv.Confidence; iv.Low <= 0 && 0 <= iv.High {
				held++
			}
		}
		if got := float64(held) / trials; got < level {
			t.Errorf("n = %d: coverage with ties %.4f, want at least %.4f", n, got, level)
		}
	}
}
