package stats

import (
	"cmp"
	"math"
	"slices"
)

// exactUpTo is the largest number of differences whose null distribution is enumerated instead of approximated. The
// 2⁵⁰ assignments of signs are counted exactly in float64 (up to 2⁵³). With more than 50 differences, a p below 0.1 is
// wrong by less than 0.001: 0.0107 instead of 0.0102 at 51.
const exactUpTo = 50

// signedRanks holds the ranks of a set of differences from which the signed-rank statistic is computed. Ranks are
// doubled, so that a midrank is a whole number and equal sums compare equal.
type signedRanks struct {
	ranks    []int64 // ranks of the non-zero differences by size, ascending
	positive int64   // W⁺, the sum of the ranks of the positive differences
}

// rank ranks d − shift by absolute value. Equal values share the mean of their ranks. Zeros are dropped before
// ranking, as by Wilcoxon: under the hypothesis they could not have another sign.
func rank(d []float64, shift float64) signedRanks {
	x := make([]float64, 0, len(d))
	for _, v := range d {
		if v != shift {
			x = append(x, v-shift)
		}
	}
	slices.SortFunc(x, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })

	s := signedRanks{ranks: make([]int64, len(x))}
	for i := 0; i < len(x); {
		j := i + 1
		for j < len(x) && math.Abs(x[j]) == math.Abs(x[i]) {
			j++
		}
		midrank := int64(i + 1 + j) // the mean of the ranks i+1 … j, doubled
		for ; i < j; i++ {
			s.ranks[i] = midrank
			if x[i] > 0 {
				s.positive += midrank
			}
		}
	}
	return s
}

// exactTail returns the probability that W⁺ is at least as large as it is if each sign is a fair coin.
func (s signedRanks) exactTail() float64 {
	var tail float64
	for _, count := range subsetSums(s.ranks)[s.positive:] {
		tail += count
	}
	return math.Ldexp(tail, -len(s.ranks))
}

// normalTail approximates exactTail. For the ranks r, W⁺ has mean Σr/2 and variance Σr²/4, also with ties. Half a rank
// is subtracted for continuity.
func (s signedRanks) normalTail() float64 {
	var sum, squares float64
	for _, r := range s.ranks {
		sum += float64(r)
		squares += float64(r) * float64(r)
	}
	const half = 1 // half a rank, as ranks are doubled
	z := (float64(s.positive) - half - sum/2) / (math.Sqrt(squares) / 2)
	return NormalCDF(-z)
}

// subsetSums returns the number of subsets of the ranks with each sum, from 0 to the sum of all ranks. This is the
// null distribution of the signed-rank statistic times 2ⁿ.
func subsetSums(ranks []int64) []float64 {
	var total int64
	for _, r := range ranks {
		total += r
	}
	counts := make([]float64, total+1)
	counts[0] = 1
	var reached int64
	for _, r := range ranks {
		reached += r
		for s := reached; s >= r; s-- { // downwards, so that each rank is used once
			counts[s] += counts[s-r]
		}
	}
	return counts
}
