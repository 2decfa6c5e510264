package stats

import (
	"cmp"
	"slices"
)

// Holm returns p adjusted for being several, in the caller's order: to reject where the adjusted value is at most α
// keeps the chance of one or more false alarms at α, however the tests depend on each other.
//
// With the m values sorted, p₍₁₎ ≤ … ≤ p₍ₘ₎, the i-th becomes the largest of (m−k+1)·p₍ₖ₎ for k ≤ i, at most 1. It
// finds all that Bonferroni's m·p finds, and more. Source: Holm 1979, A simple sequentially rejective multiple test
// procedure, Scandinavian Journal of Statistics 6.
//
// A NaN counts as a test, the least significant one, and stays NaN.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Compare(-p[b], -p[a]) // as p[a] to p[b], but with NaN, which cmp puts first, last
	})
	adjusted := make([]float64, len(p))
	least := 0.0
	for k, i := range order {
		least = max(least, min(1, float64(len(p)-k)*p[i])) // NaN if p[i] is
		adjusted[i] = least
	}
	return adjusted
}
