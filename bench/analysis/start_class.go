package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"forktax/bench/record"
	"forktax/bench/stats"
	"forktax/bench/units"
)

// Classes of a start, by the course of the medians of its blocks.
const (
	Flat         = "flat"     // the level does not change
	Warming      = "warming"  // the level falls, then stays at its lowest
	Slowing      = "slowing"  // the last level is above the lowest one
	Unsteady     = "unsteady" // the last level does not last long enough
	Unclassified = "too few"  // too few blocks
)

const (
	// minClassified is the number of blocks that is needed to classify a start.
	minClassified = 30
	// steadyShare is the smallest share of the blocks in the last segment of a steady start.
	steadyShare = 0.25
	// sameLevel is the largest difference of logarithms between two segments at the same level: 5%.
	sameLevel = 0.05
	// changePenalty is the penalty for a change of level, as a multiple of the logarithm of the number of blocks. Source:
	// Barrett et al., Virtual Machine Warmup Blows Hot and Cold, OOPSLA 2017.
	changePenalty = 15
)

// startClasses counts the starts of a cell by their class.
func startClasses(samples []Sample) Counts {
	starts := map[int][]float64{}
	for _, s := range samples {
		if median := s.Metrics[MetricResponse]; median > 0 {
			starts[s.Start] = append(starts[s.Start], math.Log(median))
		}
	}
	var classes Counts
	for _, medians := range starts {
		if classes == nil {
			classes = Counts{}
		}
		classes[classOf(medians)]++
	}
	return classes
}

// classOf classifies a start by the logarithms of the medians of its blocks, in order.
func classOf(medians []float64) string {
	n := len(medians)
	if n < minClassified {
		return Unclassified
	}
	cuts := stats.Changepoints(medians, changePenalty*math.Log(float64(n)))
	levels := make([]float64, 0, len(cuts)+1)
	begin := 0
	for _, end := range append(slices.Clone(cuts), n) {
		levels = append(levels, stats.Median(medians[begin:end]))
		begin = end
	}
	last := levels[len(levels)-1]
	lowest, highest := slices.Min(levels), slices.Max(levels)
	switch {
	case highest-lowest <= sameLevel:
		return Flat
	case float64(n-cuts[len(cuts)-1]) < steadyShare*float64(n):
		return Unsteady
	case last-lowest > sameLevel:
		return Slowing
	}
	return Warming
}

// minLittle is the smallest ratio of throughput × median response time to the number of clients of a closed loop at
// which the two metrics are consistent.
const minLittle = 0.7

// skewWarning warns of closed loops whose median response time and throughput are not consistent: by Little's law,
// throughput × mean response time is the number of clients.
func skewWarning(plan record.Plan, measured []measurements, a *Analysis) (Warning, bool) {
	var all, byMedian, byThroughput []string
	least := minLittle
	for _, c := range a.OwnCells() {
		if c.Load.Kind != record.Closed || c.ThroughputRPS == nil || c.Response.P50 == nil || c.Errors > 0 {
			continue
		}
		share := *c.ThroughputRPS * float64(*c.Response.P50) / 1e9 / float64(c.Load.Concurrency)
		if share >= minLittle {
			continue
		}
		all, least = append(all, c.Cell.String()), min(least, share)
		if m := measured[slices.Index(plan.Cells, c.Cell)]; m.skewWithin(c.Load.Concurrency) >= minLittle {
			byThroughput = append(byThroughput, c.Cell.String())
		} else {
			byMedian = append(byMedian, c.Cell.String())
		}
	}
	text := fmt.Sprintf("median response time and throughput disagree: their product is only %s of the number of clients",
		units.Percent(least))
	if len(byMedian) > 0 {
		text += fmt.Sprintf("; for %s the median is misleading: some requests take much longer", firstOf(byMedian))
	}
	if len(byThroughput) > 0 {
		text += fmt.Sprintf("; for %s the throughput is misleading: some blocks were much slower than others",
			firstOf(byThroughput))
	}
	return warningAbout(all, Warning{Code: "skewed", Text: text,
		Advice: "see the distributions and the blocks over time in report.html"})
}

// skewWithin returns the median over blocks of throughput × median response time, as a share of the clients.
func (m measurements) skewWithin(clients int) float64 {
	var shares []float64
	for _, b := range m.rounds {
		x, median := b.values[MetricThroughput], b.values[MetricResponse]
		if x > 0 && median > 0 {
			shares = append(shares, x*median/1e9/float64(clients))
		}
	}
	return stats.Median(shares)
}

// unsteadyWarning warns of targets that do not reach a steady state.
func unsteadyWarning(a *Analysis) (Warning, bool) {
	var about, texts []string
	for _, c := range a.Cells {
		bad := c.Starts[Slowing] + c.Starts[Unsteady]
		if all := bad + c.Starts[Flat] + c.Starts[Warming]; bad > 0 && 2*bad >= all {
			about = append(about, c.Cell.String())
			texts = append(texts, fmt.Sprintf("%s: %d of %d starts were slowing or unsteady", c.Cell, bad, all))
		}
	}
	for _, w := range a.WarmUps {
		if 2*w.Steady < w.Starts {
			about = append(about, fmt.Sprintf("%s as %s", w.Workload, w.Model))
			texts = append(texts, fmt.Sprintf("%s as %s had not reached a steady state after warm-up in %d of %d starts",
				w.Workload, w.Model, w.Starts-w.Steady, w.Starts))
		}
	}
	return warningAbout(about, Warning{Code: "unsteady", Text: strings.Join(texts, "; "),
		Advice: "results depend on when they were measured: increase --warm-up or --budget, or find the cause in the server"})
}
