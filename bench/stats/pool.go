package stats

import (
	"math"
	"slices"
)

// A Pool holds the observations of several blocks, which are treated as a single sample. Each block is ascending, and
// may be empty. The blocks are not concatenated: a run may have ten million observations, and concatenating and
// sorting them would take as much memory again, and more time than sorting each block.
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

// Rank returns the k-th smallest observation, 1 ≤ k ≤ Len: the smallest value that at least k observations do not
// exceed. It bisects the range of the values, with at most 64 counts. Each count is a binary search in each block.
func (p Pool) Rank(k int) int64 {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for _, block := range p {
		if n := len(block); n > 0 {
			low, high = min(low, block[0]), max(high, block[n-1])
		}
	}
	for low < high {
		half := low + int64(uint64(high-low)/2) // unsigned: the difference may exceed 2⁶³
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
