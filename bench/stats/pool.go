package stats

import "math"

// A Pool holds the observations of several blocks, which are treated as a single sample. The blocks are not
// concatenated: a run may have a hundred million observations, and concatenating and sorting them would take several
// times as much memory, and more time than sorting each block.
type Pool []Sorted

// PoolOf sorts each block in place, and returns their pool.
func PoolOf(blocks ...[]int64) Pool {
	p := make(Pool, len(blocks))
	for i, b := range blocks {
		p[i] = NewSorted(b)
	}
	return p
}

// Len returns the number of observations.
func (p Pool) Len() int {
	n := 0
	for _, block := range p {
		n += block.Len()
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
// exceed. It bisects the range of the values, with at most 64 counts. Each count is a search in each block.
func (p Pool) Rank(k int) int64 {
	low, high := int64(math.MaxInt64), int64(math.MinInt64)
	for _, block := range p {
		if block.n > 0 {
			low, high = min(low, block.low), max(high, block.high)
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

// upTo returns the number of observations that are at most v.
func (p Pool) upTo(v int64) int {
	n := 0
	for _, block := range p {
		n += block.UpTo(v)
	}
	return n
}
