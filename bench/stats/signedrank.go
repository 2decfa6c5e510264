package stats

import "math"

// An Interval is an estimate with its confidence interval.
type Interval struct {
	Estimate   float64 // in the unit of the values, as are Low and High
	Low, High  float64
	Confidence float64 // share of such intervals that contain the true value: 0.95 means 95%
	N          int     // number of units: pairs, or starts
}

// Width returns High − Low.
func (iv Interval) Width() float64 { return iv.High - iv.Low }

// SignedRank returns the Hodges–Lehmann estimate of the centre of d, and the interval of all centres that the
// two-sided Wilcoxon signed-rank test does not reject.
//
// The interval is from the (c+1)-th to the (M−c)-th smallest Walsh average, of which there are M = n(n+1)/2. c is the
// largest whole number for which P(W ≤ c) ≤ (1 − confidence)/2, where W is the signed-rank statistic of n differences.
// Up to n = 50 the distribution of W is exact, and Confidence is the attained confidence 1 − 2·P(W ≤ c), which is at
// least the requested one. For larger n, W is approximated as normal with mean n(n+1)/4 and variance n(n+1)(2n+1)/24,
// with a continuity correction, and Confidence is the requested one. Source: Hollander, Wolfe and Chicken,
// Nonparametric Statistical Methods, 3rd edition, sections 3.1 to 3.3.
//
// The interval is valid for any symmetric distribution, which log ratios of identical programs have whatever the noise
// is. Ties make it a little too wide, never too narrow.
//
// The result is false if n is too small for the confidence (n < 6 at 95%, n < 8 at 99%), if confidence is not between
// 0 and 1, or if a value is not finite. SignedRank does not modify d.
func SignedRank(d []float64, confidence float64) (Interval, bool) {
	c, attained, ok := critical(len(d), confidence)
	if !ok || !finite(d) {
		return Interval{}, false
	}
	sorted := ascending(d)
	return Interval{
		Estimate:   walshMedian(sorted),
		Low:        walsh(sorted, c+1),
		High:       walsh(sorted, walshAverages(len(d))-c),
		Confidence: attained,
		N:          len(d),
	}, true
}

// critical returns c as SignedRank defines it, and the confidence of the resulting interval.
func critical(n int, confidence float64) (c int64, attained float64, ok bool) {
	if n < 1 || !(confidence > 0 && confidence < 1) {
		return 0, 0, false
	}
	alpha := 1 - confidence
	if n > exactUpTo {
		f := float64(n)
		mean, sd := f*(f+1)/4, math.Sqrt(f*(f+1)*(2*f+1)/24)
		c = int64(math.Floor(mean - 0.5 + NormalQuantile(alpha/2)*sd))
		return c, confidence, c >= 0
	}

	ranks := make([]int64, n)
	for i := range ranks {
		ranks[i] = int64(i + 1)
	}
	tail, next := 0.0, 0.0 // P(W ≤ c), P(W ≤ c+1)
	c = -1
	for _, count := range subsetSums(ranks) {
		next += math.Ldexp(count, -n)
		if next > alpha/2 {
			break
		}
		tail = next
		c++
	}
	return c, 1 - 2*tail, c >= 0
}

// SignedRankP returns the one-sided p of the signed-rank test: the probability of a W⁺ at least as large as that of d
// if d were centred at shift. It tests "centred at or below shift" against "above". For log ratios, a shift of
// ln(1+margin) tests whether the ratio is above 1+margin.
//
// Differences that equal shift are dropped, and equal sizes |d − shift| share the mean of their ranks. The
// distribution is the one for these ranks, with each sign a fair coin. So up to 50 remaining differences it is exact,
// also with ties and zeros. Beyond that it is normal with the variance of these ranks and a continuity correction.
// Pratt 1959 (JASA 54) shows that with dropped zeros p may fall a little when the data fall. His remedy is to rank the
// zeros and then drop them. It is not used here: it does not make the test more exact, and the number of sums to
// enumerate would grow with the zeros.
//
// Without any difference the result is 1; it is NaN if shift or a value is not finite. SignedRankP does not modify d.
func SignedRankP(d []float64, shift float64) float64 {
	if !finite(d) || !finite([]float64{shift}) {
		return math.NaN()
	}
	s := rank(d, shift)
	if len(s.ranks) <= exactUpTo {
		return s.exactTail()
	}
	return s.normalTail()
}
