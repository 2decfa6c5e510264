package stats

import (
	"math"
	"slices"
)

// A Pool is the observations of several blocks as if they were one. Each block is ascending; a block may be empty. The
// blocks stay where they are: a run may have ten million observations, and to bring them together and sort them would
// take as much memory again, and more time than to sort each block.
type Pool [][]int64

// Len returns the number of observations.
func (p Pool) Len() int {
	n := 0
	for _, block := range p {
		n += len(block)
	}
	return n
}

// Percentile returns the result of the function Percentile for all observations.
func (p Pool) Percentile(q float64) (v int64, ok bool) {
	n := p.Len()
	if !(q > 0 && q < 1) || n < PercentileNeeds(q) {
		return 0, false
	}
	return p.Rank(NearestRank(q, n)), true
}

// Rank returns the k-th smallest observation, 1 ≤ k ≤ Len: the smallest value that at least k do not exceed. It is
// found by bisection of the values from the least to the largest, at most 64 counts with a binary search in each block.
func (p Pool) Rank(k int) int64 {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for _, block := range p {
		if n := len(block); n > 0 {
			low, high = min(low, block[0]), max(high, block[n-1])
		}
	}
	for low < high {
		half := low + int64(uint64(high-low)/2) // unsigned: the difference may pass 2⁶³
		if p.upTo(half) >= k {
			high = half
		} else {
			low = half + 1
		}
	}
	return low
}

// upTo returns the number of observations that are at most v. v is below the largest.
func (p Pool) upTo(v int64) int {
	n := 0
	for _, block := range p {
		i, _ := slices.BinarySearch(block, v+1)
		n += i
	}
	return n
}
