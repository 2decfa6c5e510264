package analysis

import (
	"maps"
	"math"
	"slices"
	"time"

	"forktax/bench/stats"

	"github.com/HdrHistogram/hdrhistogram-go"
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

// Range and precision of the histograms: 1 ns to an hour, three significant digits.
const (
	hdrHighest = int64(time.Hour)
	hdrDigits  = 3
)

// histogram counts values in nanoseconds; values beyond the range count as its end.
func histogram(values stats.Pool) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, hdrHighest, hdrDigits)
	for _, block := range values {
		for _, v := range block {
			_ = h.RecordValue(min(max(v, 0), hdrHighest)) // fails only out of range
		}
	}
	return h
}

// ValueAt returns the nearest rank of what a histogram holds, the ⌈p·n⌉-th of its n values for 0 < p ≤ 1 and the first for
// 0, to three significant digits; 0 if it is empty. It is the definition of all percentiles here. The library's own in
// Go rounds p·n to a rank, which for the p90 of 99 values is one lower; those in JavaScript and Java take the ceiling.
func ValueAt(h *hdrhistogram.Histogram, p float64) int64 {
	n := int(h.TotalCount())
	if n == 0 {
		return 0
	}
	rank := min(max(stats.NearestRank(p, n), 1), n)
	return h.ValueAtQuantile(100 * float64(rank) / float64(n)) // a whole rank, which it does not round to another
}

// percentiles of values, the largest of which, so many as timeouts, are only known to be at least what they are.
func percentiles(values stats.Pool, timeouts int) Percentiles {
	p := Percentiles{P50: percentile(values, 0.5), P90: percentile(values, 0.9), P99: percentile(values, 0.99),
		P999: percentile(values, 0.999)}
	n := values.Len()
	if n > 0 {
		p.Max = new(values.Rank(n))
	}
	if n == 0 || timeouts == 0 {
		return p
	}
	first := values.Rank(n - timeouts + 1)
	for _, q := range []struct {
		name  string
		value *int64
	}{{"p50", p.P50}, {"p90", p.P90}, {"p99", p.P99}, {"p999", p.P999}, {"max", p.Max}} {
		if q.value != nil && *q.value >= first {
			p.AtLeast = append(p.AtLeast, q.name)
		}
	}
	return p
}

func percentile(values stats.Pool, p float64) *int64 {
	if v, ok := values.Percentile(p); ok {
		return &v
	}
	return nil
}

// samples lists the blocks of the cell that are fit to be compared: those without a reason why they are not, which is
// their pair's, too.
func (m measurements) samples() []Sample {
	var found []Sample
	for _, round := range slices.Sorted(maps.Keys(m.rounds)) {
		if b := m.rounds[round]; len(b.reasons) == 0 && len(b.response) > 0 {
			found = append(found, Sample{Round: round, Start: b.start, Requests: len(b.response), Metrics: b.values})
		}
	}
	return found
}

// spreadShare is how many of a cell's blocks lie between the bounds that spread tells: the outermost are accidents.
const spreadShare = 0.9

// Spread says between which values most blocks of the cell lie, as nearest ranks. It is false where it is not known:
// of an analysis without its blocks, and of a metric that they do not carry. It says how much a cell's value moves
// within a run, and is no interval of confidence.
func (c Cell) Spread(metric string) (low, high float64, ok bool) {
	var values []float64
	for _, s := range c.Samples {
		if v, carried := s.Metrics[metric]; carried {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return 0, 0, false
	}
	slices.Sort(values)
	rank := func(p float64) float64 { return values[max(stats.NearestRank(p, len(values)), 1)-1] }
	return rank((1 - spreadShare) / 2), rank((1 + spreadShare) / 2), true
}
