package report

import (
	"maps"
	"math"
	"slices"

	"forktax/bench"
	"forktax/bench/stats"
)

// metrics in the order in which they are reported.
var metrics = []struct{ name, unit string }{
	{MetricResponse, "ns"},
	{MetricResponse90, "ns"},
	{MetricThroughput, "1/s"},
	{MetricCPU, "ns"},
}

// compare pairs each cell with that of the baseline which is otherwise the same.
func compare(cells []bench.Cell, measured []measurements) []Comparison {
	compared := []Comparison{}
	for i, c := range cells {
		if c.Model == bench.Baseline {
			continue
		}
		twin := c
		twin.Model = bench.Baseline
		j := slices.Index(cells, twin)
		if j < 0 {
			continue
		}
		for _, metric := range metrics {
			pairs := pair(measured[j].rounds, measured[i].rounds, metric.name)
			if len(pairs) == 0 {
				continue
			}
			comparison := pairs.compare()
			if metric.unit == "ns" {
				comparison.toNanoseconds()
			}
			comparison.Workload, comparison.Request, comparison.Engine, comparison.Load = c.Workload, c.Request, c.Engine, c.Load
			comparison.Metric, comparison.Unit = metric.name, metric.unit
			comparison.Baseline, comparison.Candidate = twin.Model, c.Model
			compared = append(compared, comparison)
		}
	}
	return compared
}

// pairs holds, for each round in which both sides were visited, the baseline's value and the candidate's.
type pairs [][2]float64

func pair(baseline, candidate map[int]blockView, metric string) pairs {
	var p pairs
	for _, round := range slices.Sorted(maps.Keys(candidate)) {
		b, c := baseline[round].values[metric], candidate[round].values[metric]
		if b > 0 && c > 0 {
			p = append(p, [2]float64{b, c})
		}
	}
	return p
}

// compare takes the ratio from the logarithms of the pairs' ratios and the difference from their differences, each with
// the estimate of Hodges and Lehmann and the interval of the signed-rank test.
func (p pairs) compare() Comparison {
	logs, differences := make([]float64, len(p)), make([]float64, len(p))
	for i, v := range p {
		logs[i] = math.Log(v[1] / v[0])
		differences[i] = v[1] - v[0]
	}
	c := Comparison{
		Blocks:     len(p),
		Ratio:      math.Exp(stats.HodgesLehmann(logs)),
		Difference: stats.HodgesLehmann(differences),
	}
	if iv, ok := stats.SignedRank(logs, confidence); ok {
		c.RatioLow, c.RatioHigh = new(math.Exp(iv.Low)), new(math.Exp(iv.High))
		c.Confidence = new(confidence)
		if mde := stats.MDE(logs); !math.IsInf(mde, 1) {
			c.MDE = &mde
		}
	}
	if iv, ok := stats.SignedRank(differences, confidence); ok {
		c.DifferenceLow, c.DifferenceHigh = new(iv.Low), new(iv.High)
	}
	return c
}

// toNanoseconds rounds the differences, which are medians of medians, to whole ones.
func (c *Comparison) toNanoseconds() {
	for _, v := range []*float64{&c.Difference, c.DifferenceLow, c.DifferenceHigh} {
		if v != nil {
			*v = math.Round(*v)
		}
	}
}
