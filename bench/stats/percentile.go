package stats

import (
	"math"
	"slices"
)

// unseen is the largest accepted probability that all observations are below the percentile to estimate. It is half of
// 5%, the share of the upper end of a 95% interval.
const unseen = 0.025

// PercentileNeeds returns the smallest number of observations for which Percentile returns p, where 0 < p < 1.
//
// It is the smallest n for which the largest observation is an upper 97.5% confidence bound of the percentile. All n
// observations are below the percentile with probability pⁿ, so 1 − pⁿ ≥ 0.975, or n ≥ ln 0.025 / ln p: 6 for p50, 36
// for p90, 368 for p99, and 3,688 for p99.9. With fewer observations a distribution-free interval has no upper end,
// and the printed number would be the maximum under another name. Below the median the smallest observation replaces
// the largest, and 1−p replaces p. Source: Conover, Practical Nonparametric Statistics, 3rd edition, section 3.2.
func PercentileNeeds(p float64) int {
	return int(math.Ceil(math.Log(unseen) / math.Log(math.Max(p, 1-p))))
}

// Percentile returns percentile p of the sorted values by nearest rank: the ⌈p·n⌉-th of n values. p = 0.99 means p99.
// The result is always an observed value, in the unit of the observations. ok is false if n is below
// PercentileNeeds(p), or if p is not between 0 and 1.
func Percentile(sorted []int64, p float64) (v int64, ok bool) {
	if !(p > 0 && p < 1) || len(sorted) < PercentileNeeds(p) {
		return 0, false
	}
	return sorted[NearestRank(p, len(sorted))-1], true
}

// NearestRank returns ⌈p·n⌉ for the decimal fraction that p represents. The floating-point product may be just above a
// whole number (0.07 · 100 = 7.000000000000001), which would be rounded up to the next one. Its relative error is at
// most 2⁻⁵²: half a unit in the last place for p, and as much for the product. So a product within twice that of a
// whole number means that number.
func NearestRank(p float64, n int) int {
	x := p * float64(n)
	if whole := math.Round(x); math.Abs(x-whole) <= x*0x1p-51 {
		return int(whole)
	}
	return int(math.Ceil(x))
}

// Median returns the middle value of xs, or the mean of the middle two; NaN if xs is empty or contains a NaN. It does
// not modify xs.
func Median(xs []float64) float64 {
	n := len(xs)
	if n == 0 {
		return math.NaN()
	}
	sorted := ascending(xs)
	if math.IsNaN(sorted[0]) { // NaN sorts first
		return math.NaN()
	}
	if n%2 == 1 {
		return sorted[n/2]
	}
	return midpoint(sorted[n/2-1], sorted[n/2])
}

// midpoint returns the mean of a and b. It halves before it adds, so that the sum cannot overflow.
func midpoint(a, b float64) float64 { return a/2 + b/2 }

// ascending returns a sorted copy of xs.
func ascending(xs []float64) []float64 {
	sorted := slices.Clone(xs)
	slices.Sort(sorted)
	return sorted
}

// finite reports whether all values are finite.
func finite(xs []float64) bool {
	return !slices.ContainsFunc(xs, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}
