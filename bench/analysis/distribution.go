package analysis

import (
	"maps"
	"math"
	"slices"
	"time"

	"forktax/bench/stats"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// BinsPerDecade is the number of bins per factor of ten; they are equally wide on a logarithmic axis.
const BinsPerDecade = 20

// A Distribution is a histogram of response times: Counts[i] responses took at least FromNS[i] nanoseconds and less
// than 10^(1/20) times that, which is 12.2% more. A bin begins at the whole nanosecond at or above a power of
// 10^(1/20); empty bins are left out. The counts add up to the requests in the percentiles.
type Distribution struct {
	FromNS []int64 `json:"from_ns"`
	Counts []int64 `json:"responses"`
}

// BinEdges are the lower bounds of the bins in nanoseconds: from 10 ns, below any response time, to above an hour.
var BinEdges = func() (edges []int64) {
	for i := BinsPerDecade; len(edges) == 0 || edges[len(edges)-1] < hdrHighest; i++ {
		edges = append(edges, int64(math.Ceil(math.Pow(10, float64(i)/BinsPerDecade)-1e-6))) // 10.000000000000002 is 10
	}
	return edges
}()

// BinOf returns the index of the bin of a time.
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
		for ns := range block.All() {
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

// Range and precision of the histograms: 1 ns to one hour, three significant digits.
const (
	hdrHighest = int64(time.Hour)
	hdrDigits  = 3
)

// histogram counts values in nanoseconds; values outside the range count as its nearest end.
func histogram(values stats.Pool) *hdrhistogram.Histogram {
	h := hdrhistogram.New(1, hdrHighest, hdrDigits)
	for _, block := range values {
		for v := range block.All() {
			_ = h.RecordValue(min(max(v, 0), hdrHighest)) // fails only out of range
		}
	}
	return h
}

// ValueAt returns a percentile of a histogram by nearest rank: the ⌈p·n⌉-th of its n values for 0 < p ≤ 1, the first
// for p = 0; 0 if it is empty. It has three significant digits. All percentiles here are defined so. The Go library
// rounds p·n to a rank, which for the p90 of 99 values is one lower; those in JavaScript and Java take the ceiling.
func ValueAt(h *hdrhistogram.Histogram, p float64) int64 {
	n := int(h.TotalCount())
	if n == 0 {
		return 0
	}
	rank := min(max(stats.NearestRank(p, n), 1), n)
	return h.ValueAtQuantile(100 * float64(rank) / float64(n)) // a whole rank, so it is not rounded to another
}

// percentiles returns the percentiles of values. The largest values, as many as timeouts, are lower bounds.
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

// samples returns the valid blocks of the cell. Their pairs are valid, too.
func (m measurements) samples() []Sample {
	var found []Sample
	for _, round := range slices.Sorted(maps.Keys(m.rounds)) {
		if b := m.rounds[round]; len(b.reasons) == 0 && b.response.Len() > 0 {
			found = append(found, Sample{Round: round, Start: b.start, Requests: b.response.Len(), Metrics: b.values})
		}
	}
	return found
}

// spreadShare is the share of a cell's blocks between the bounds of Spread; the outermost blocks are outliers.
const spreadShare = 0.9

// Spread returns the bounds, by nearest rank, between which 90% of the cell's blocks lie. ok is false if they are
// unknown: without samples, or without the metric in them. The spread shows how much the value of a cell varies within
// a run; it is not a confidence interval.
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
