package stats

import "math"

const (
	// leastSegment is the smallest number of values in a segment: a variance needs two.
	leastSegment = 2
	// leastVariance prevents separate segments for a few equal values. It is a standard deviation of 0.1%, for logarithms.
	leastVariance = 1e-6
)

// Changepoints returns where the mean or the variance of a sequence changes: the index of the first value of each
// segment except the first, ascending. Of all ways to divide x into segments of at least two values, it finds the one
// with the smallest sum of the segments' costs and a penalty for each cut. The cost of a segment is twice the negative
// log-likelihood of normal values. Source: PELT, Killick, Fearnhead and Eckley 2012.
func Changepoints(x []float64, penalty float64) []int {
	s := newSums(x)
	best := make([]float64, len(x)+1) // smallest cost of the first n values, by n
	from := make([]int, len(x)+1)     // start of the last segment in that solution
	best[0], best[min(1, len(x))] = -penalty, math.Inf(1)
	if len(x) == 0 {
		return nil
	}
	var candidates []candidate
	for end := leastSegment; end <= len(x); end++ {
		candidates = append(candidates, candidate{end - leastSegment, math.MaxInt})
		best[end] = math.Inf(1)
		left := candidates[:0]
		for _, c := range candidates {
			if end >= c.until {
				continue
			}
			left = append(left, c)
			if cost := best[c.begin] + s.cost(c.begin, end) + penalty; cost < best[end] {
				best[end], from[end] = cost, c.begin
			}
		}
		candidates = left
		for i, c := range candidates { // drops those that a segment from end beats, as soon as that is possible
			if c.until == math.MaxInt && best[c.begin]+s.cost(c.begin, end) > best[end] {
				candidates[i].until = end + leastSegment
			}
		}
	}
	var cuts []int
	for at := from[len(x)]; at > 0; at = from[at] {
		cuts = append([]int{at}, cuts...)
	}
	return cuts
}

// A candidate is a possible start of the last segment, for sequences shorter than until.
type candidate struct{ begin, until int }

// sums holds, for each length, the sums of the first values and of their squares. The mean is subtracted first, for
// precision.
type sums struct{ values, squares []float64 }

func newSums(x []float64) sums {
	mean := 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	s := sums{make([]float64, len(x)+1), make([]float64, len(x)+1)}
	for i, v := range x {
		s.values[i+1], s.squares[i+1] = s.values[i]+(v-mean), s.squares[i]+(v-mean)*(v-mean)
	}
	return s
}

// cost returns the cost of a segment, without terms that are the same for each value.
func (s sums) cost(begin, end int) float64 {
	n := float64(end - begin)
	mean := (s.values[end] - s.values[begin]) / n
	variance := max((s.squares[end]-s.squares[begin])/n-mean*mean, 0)
	assumed := max(variance, leastVariance)
	return n * (math.Log(assumed) + variance/assumed)
}
