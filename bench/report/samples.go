package report

import (
	"maps"
	"math"
	"slices"

	"forktax/bench/stats"
)

// samples lists the blocks of the cell that are fit to be compared: those without a reason why they are not, which is
// their pair's, too.
func (m measurements) samples() []Sample {
	var found []Sample
	for _, round := range slices.Sorted(maps.Keys(m.rounds)) {
		if b := m.rounds[round]; len(b.reasons) == 0 && len(b.response) > 0 {
			found = append(found, Sample{Round: round, Group: b.group, Requests: len(b.response), Metrics: b.values})
		}
	}
	return found
}

// most is how many of a cell's blocks lie between the bounds that spread tells: the outermost are accidents.
const most = 0.9

// spread says between which values most blocks of the cell lie, as nearest ranks. It is false where it is not known:
// of an analysis without its blocks, and of a metric that they do not carry. It says how much a cell's value moves
// within a run, and is no interval of confidence.
func (c Cell) spread(metric string) (low, high float64, ok bool) {
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
	return rank((1 - most) / 2), rank((1 + most) / 2), true
}

// A figure is one number of a cell that other tools keep, with its bounds if they are known.
type figure struct {
	metric    string
	value     float64
	low, high *float64
}

// figures lists what other tools keep of a cell: medians, the ninth decile, CPU a request and throughput, as far as
// they are known. Response times of a cell that was overloaded are those of a queue, and left out.
func (c Cell) figures() []figure {
	var found []figure
	add := func(metric string, value *float64) {
		if value == nil {
			return
		}
		f := figure{metric: metric, value: *value}
		if low, high, ok := c.spread(metric); ok && low <= f.value && f.value <= high {
			f.low, f.high = &low, &high
		}
		found = append(found, f)
	}
	if !c.Overloaded {
		add(MetricResponse, float(c.Response.P50))
		add(MetricResponse90, float(c.Response.P90))
	}
	add(MetricCPU, float(c.CPUPerRequest))
	add(MetricThroughput, c.ThroughputRPS)
	return found
}

func float(ns *int64) *float64 {
	if ns == nil {
		return nil
	}
	return new(float64(*ns))
}

// thousandths rounds to three digits after the point: of nanoseconds, and of requests a second, more says nothing.
func thousandths(x float64) float64 { return math.Round(x*1000) / 1000 }
