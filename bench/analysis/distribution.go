package analysis

import (
	"math"
	"slices"

	"forktax/bench/stats"
)

// BinsPerDecade is into how many equally wide bins a factor of ten is divided, on a logarithmic axis.
const BinsPerDecade = 20

// A Distribution says how many answers took how long: Counts[i] as long as FromNS[i] nanoseconds or longer, and less
// than 10^(1/20) times that, which is 12.2 % more. A bin begins at the whole nanosecond at or above a power of
// 10^(1/20). Those without an answer are not there. Together they are all right answers of the blocks with valid times.
type Distribution struct {
	FromNS []int64 `json:"from_ns"`
	Counts []int64 `json:"responses"`
}

// BinEdges are where bins begin, in nanoseconds: from 10 ns, as long as no answer takes, to above an hour.
var BinEdges = func() (edges []int64) {
	for i := BinsPerDecade; len(edges) == 0 || edges[len(edges)-1] < hdrHighest; i++ {
		edges = append(edges, int64(math.Ceil(math.Pow(10, float64(i)/BinsPerDecade)-1e-6))) // 10.000000000000002 is 10
	}
	return edges
}()

// BinOf is the number of the bin that a time is in.
func BinOf(ns int64) int {
	i, exact := slices.BinarySearch(BinEdges, ns)
	if !exact {
		i--
	}
	return min(max(i, 0), len(BinEdges)-2)
}

func distribution(values stats.Pool) Distribution {
	counts := make([]int64, len(BinEdges))
	for _, block := range values {
		for _, ns := range block {
			counts[BinOf(ns)]++
		}
	}
	d := Distribution{FromNS: []int64{}, Counts: []int64{}}
	for bin, n := range counts {
		if n > 0 {
			d.FromNS, d.Counts = append(d.FromNS, BinEdges[bin]), append(d.Counts, n)
		}
	}
	return d
}
