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

// compare pairs each cell with that of the baseline which is otherwise the same, and with the floor.
func compare(plan bench.Plan, measured []measurements) []Comparison {
	compared := []Comparison{}
	for i, c := range plan.Cells {
		if c.Engine == plan.Referee {
			continue
		}
		for _, b := range baselines(plan, c) {
			for _, metric := range metrics {
				pairs := pair(measured[b.cell].rounds, measured[i].rounds, metric.name)
				if len(pairs) == 0 {
					continue
				}
				comparison := pairs.compare()
				if metric.unit == "ns" {
					comparison.toNanoseconds()
				}
				comparison.Workload, comparison.Request = c.Workload, c.Request
				comparison.Engine, comparison.Load = c.Engine, c.Load
				comparison.Metric, comparison.Unit = metric.name, metric.unit
				comparison.Baseline, comparison.Candidate = b.name, c.Model
				compared = append(compared, comparison)
			}
		}
	}
	return compared
}

// A baseline is a cell of the plan, by its index, and what it is called.
type baseline struct {
	name string
	cell int
}

// baselines lists what a cell is compared with: its twin of the plan's baseline, and, under the same engine and load,
// the floor, if it is served by the floor's model. What it takes above that is its program's own.
func baselines(plan bench.Plan, c bench.Cell) []baseline {
	var found []baseline
	if c.Model != plan.Baseline {
		twin := c
		twin.Model = plan.Baseline
		if i := slices.Index(plan.Cells, twin); i >= 0 {
			found = append(found, baseline{twin.Model, i})
		}
	}
	if plan.Floor == "" || c.Workload == plan.Floor {
		return found
	}
	i := slices.IndexFunc(plan.Cells, func(other bench.Cell) bool {
		return other.Workload == plan.Floor && other.Model == plan.Execution(c.Model) && other.Engine == c.Engine &&
			other.Load == c.Load
	})
	if i >= 0 {
		found = append(found, baseline{plan.Floor, i})
	}
	return found
}

// A pair is a round in which both sides were visited and neither block was invalid.
type pairOf struct {
	group               int
	baseline, candidate float64
}

type pairs []pairOf

func pair(baseline, candidate map[int]*blockView, metric string) pairs {
	var p pairs
	for _, round := range slices.Sorted(maps.Keys(candidate)) {
		b, c := baseline[round], candidate[round]
		if b == nil || len(b.reasons) > 0 || len(c.reasons) > 0 {
			continue
		}
		if vb, vc := b.values[metric], c.values[metric]; vb > 0 && vc > 0 {
			p = append(p, pairOf{c.group, vb, vc})
		}
	}
	return p
}

func (p pairOf) logRatio() float64   { return math.Log(p.candidate / p.baseline) }
func (p pairOf) difference() float64 { return p.candidate - p.baseline }

// groups deals the values of the pairs out by restart group.
func (p pairs) groups(value func(pairOf) float64) [][]float64 {
	byGroup := map[int][]float64{}
	for _, v := range p {
		byGroup[v.group] = append(byGroup[v.group], value(v))
	}
	var groups [][]float64
	for _, g := range slices.Sorted(maps.Keys(byGroup)) {
		groups = append(groups, byGroup[g])
	}
	return groups
}

// compare takes the ratio from the logarithms of the pairs' ratios and the difference from their differences, each with
// the estimate of Hodges and Lehmann and the wider of two intervals of the signed-rank test: over the pairs, and over
// the restart groups.
func (p pairs) compare() Comparison {
	logs, differences := p.groups(pairOf.logRatio), p.groups(pairOf.difference)
	all := slices.Concat(logs...)
	c := Comparison{
		Blocks:     len(p),
		Restarts:   len(logs),
		Ratio:      math.Exp(stats.HodgesLehmann(all)),
		Difference: stats.HodgesLehmann(slices.Concat(differences...)),
	}
	if iv, ok := stats.Clustered(logs, confidence); ok {
		c.Ratio, c.RatioLow, c.RatioHigh = math.Exp(iv.Estimate), new(math.Exp(iv.Low)), new(math.Exp(iv.High))
		c.Confidence, c.Widened = new(confidence), iv.Widened
		if mde := stats.MDE(all); !math.IsInf(mde, 1) {
			c.MDE = &mde
		}
	}
	if iv, ok := stats.Clustered(differences, confidence); ok {
		c.Difference = iv.Estimate
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
