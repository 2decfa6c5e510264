package analysis

import (
	"maps"
	"math"
	"slices"

	"forktax/bench/record"
	"forktax/bench/stats"
)

// A metric is a value by which blocks are compared.
type metric struct {
	name, unit string
	response   bool // it is a response time
}

// metrics lists all metrics in the order in which they are reported.
var metrics = []metric{
	{MetricResponse, "ns", true},
	{MetricResponse90, "ns", true},
	{MetricResponse99, "ns", true},
	{MetricThroughput, "1/s", false},
	{MetricCPU, "ns", false},
}

// compare compares each cell with the otherwise equal cell of the baseline, and with the floor.
func compare(plan record.Plan, measured []measurements) []Comparison {
	compared := []Comparison{}
	for i, c := range plan.Cells {
		for _, b := range baselines(plan, c) {
			for _, metric := range comparedBy(measured[b.cell].backlog(), measured[i].backlog()) {
				comparison, ok := compareMetric(metric.name, measured[b.cell].rounds, measured[i].rounds, plan.Seed)
				if !ok {
					continue
				}
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

// comparedBy returns the metrics by which two cells can be compared: not by response times if one is overloaded.
func comparedBy(baseline, candidate backlog) []metric {
	if !baseline.overloaded() && !candidate.overloaded() {
		return metrics
	}
	return slices.DeleteFunc(slices.Clone(metrics), func(m metric) bool { return m.response })
}

// A baseline is the index of a cell of the plan and its name in comparisons.
type baseline struct {
	name string
	cell int
}

// baselines returns the cells that a cell is compared with: the otherwise equal cell of the plan's baseline, and the
// floor with the same engine, load and execution model. The cost above the floor is that of the cell's own program.
func baselines(p record.Plan, c record.Cell) []baseline {
	var found []baseline
	if c.Engine == p.CrossCheck {
		return nil
	}
	if i, ok := baselineCell(p, c); ok {
		found = append(found, baseline{p.Baseline, i})
	}
	if p.Floor == "" || c.Workload == p.Floor {
		return found
	}
	i := slices.IndexFunc(p.Cells, func(other record.Cell) bool {
		return other.Workload == p.Floor && other.Model == p.ExecutionModel(c.Model) && other.Engine == c.Engine &&
			other.Load == c.Load
	})
	if i >= 0 {
		found = append(found, baseline{p.Floor, i})
	}
	return found
}

// baselineCell returns the index of the baseline's cell that a cell is compared with.
func baselineCell(plan record.Plan, c record.Cell) (index int, ok bool) {
	if c.Model == plan.Baseline || c.Engine == plan.CrossCheck || plan.Suite.Lost(c, plan.Baseline) {
		return 0, false
	}
	c.Model = plan.Baseline
	index = slices.Index(plan.Cells, c)
	return index, index >= 0
}

// compareMetric compares two cells by a metric; it returns false if there is nothing to compare.
func compareMetric(metric string, baseline, candidate map[int]*blockData, seed uint64) (Comparison, bool) {
	if metric == MetricResponse99 {
		return compareTails(0.99, baseline, candidate, seed)
	}
	p := pairBlocks(baseline, candidate, metric)
	if len(p) == 0 {
		return Comparison{}, false
	}
	return p.compare(), true
}

// resamples is the number of resamples of a bootstrap. More of them would hardly change the bounds of an interval.
const resamples = 1999

// compareTails compares a percentile for which a single block has too few requests: it pools the blocks of the pairs.
// It returns false if there is no interval.
func compareTails(p float64, baseline, candidate map[int]*blockData, seed uint64) (Comparison, bool) {
	var b, c stats.Pool
	starts := map[int]bool{}
	for _, round := range validRounds(baseline, candidate) {
		b, c = append(b, baseline[round].response), append(c, candidate[round].response)
		starts[candidate[round].start] = true
	}
	ratio, difference, ok := stats.Bootstrap(b, c, p, confidence, resamples, seed)
	if !ok {
		return Comparison{}, false
	}
	return Comparison{Blocks: len(c), Starts: len(starts), Over: OverPairs, Confidence: new(confidence),
		Ratio: ratio.Estimate, RatioLow: &ratio.Low, RatioHigh: &ratio.High,
		Difference: difference.Estimate, DifferenceLow: &difference.Low, DifferenceHigh: &difference.High}, true
}

// validRounds returns the rounds in which both sides were measured and both blocks are valid.
func validRounds(baseline, candidate map[int]*blockData) []int {
	var rounds []int
	for _, round := range slices.Sorted(maps.Keys(candidate)) {
		b, c := baseline[round], candidate[round]
		if b != nil && len(b.reasons) == 0 && len(c.reasons) == 0 {
			rounds = append(rounds, round)
		}
	}
	return rounds
}

// A blockPair holds the values of two blocks of a valid round, or of two consecutive requests in it.
type blockPair struct {
	start               int
	baseline, candidate float64
}

type pairs []blockPair

// pairBlocks pairs the blocks of valid rounds by a metric. If the requests of both sides alternated, response times are
// paired request by request, so that a disturbance of a few milliseconds affects both sides equally.
func pairBlocks(baseline, candidate map[int]*blockData, metric string) pairs {
	var p pairs
	for _, round := range validRounds(baseline, candidate) {
		b, c := baseline[round], candidate[round]
		if metric == MetricResponse && len(b.inTurn) > 0 && len(c.inTurn) > 0 {
			for i := range min(len(b.inTurn), len(c.inTurn)) {
				p = append(p, blockPair{c.start, float64(b.inTurn[i]), float64(c.inTurn[i])})
			}
			continue
		}
		if vb, vc := b.values[metric], c.values[metric]; vb > 0 && vc > 0 {
			p = append(p, blockPair{c.start, vb, vc})
		}
	}
	return p
}

func (p blockPair) logRatio() float64   { return math.Log(p.candidate / p.baseline) }
func (p blockPair) difference() float64 { return p.candidate - p.baseline }

// byStart groups the values of the pairs by the start of the targets.
func (p pairs) byStart(value func(blockPair) float64) [][]float64 {
	byStart := map[int][]float64{}
	for _, v := range p {
		byStart[v.start] = append(byStart[v.start], value(v))
	}
	var starts [][]float64
	for _, s := range slices.Sorted(maps.Keys(byStart)) {
		starts = append(starts, byStart[s])
	}
	return starts
}

// compare estimates the ratio from the logarithms of the pairs' ratios, and the difference from their differences. Both
// are Hodges-Lehmann estimates with the wider of two signed-rank intervals: over the pairs, and over the starts of the
// targets.
func (p pairs) compare() Comparison {
	logs, differences := p.byStart(blockPair.logRatio), p.byStart(blockPair.difference)
	c := Comparison{
		Blocks:     len(p),
		Starts:     len(logs),
		Ratio:      math.Exp(stats.HodgesLehmann(slices.Concat(logs...))),
		Difference: stats.HodgesLehmann(slices.Concat(differences...)),
	}
	if iv, ok := stats.Clustered(logs, confidence); ok {
		c.Ratio, c.RatioLow, c.RatioHigh = math.Exp(iv.Estimate), new(math.Exp(iv.Low)), new(math.Exp(iv.High))
		c.Confidence, c.Widened, c.Over = new(confidence), iv.Widened, OverPairs
		if iv.Interval != iv.Pairs {
			c.Over = OverStarts
		}
		if mde := stats.ClusteredMDE(logs); !math.IsInf(mde, 1) {
			c.MDE = &mde
		}
	}
	if iv, ok := stats.Clustered(differences, confidence); ok {
		c.Difference = iv.Estimate
		c.DifferenceLow, c.DifferenceHigh = new(iv.Low), new(iv.High)
	}
	return c
}

// toNanoseconds rounds the differences to whole nanoseconds.
func (c *Comparison) toNanoseconds() {
	for _, v := range []*float64{&c.Difference, c.DifferenceLow, c.DifferenceHigh} {
		if v != nil {
			*v = math.Round(*v)
		}
	}
}
