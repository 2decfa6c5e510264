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

// Classes of a start, by how the medians of its blocks go on.
const (
	Flat         = "flat"     // they stay as they are
	Warming      = "warming"  // they fall, and then stay
	Slowing      = "slowing"  // they end above the lowest at which they stayed
	Unsteady     = "unsteady" // they do not stay where they end
	Unclassified = "too few"  // blocks
)

const (
	// leastClassified is how many blocks a start has at least that is classified.
	leastClassified = 30
	// steadyShare is the share of the blocks that the last segment of a steady start has at least.
	steadyShare = 0.25
	// sameLevel is the difference of logarithms up to which two segments are at the same level: 5 %.
	sameLevel = 0.05
	// changePenalty is that of a change of level, as a multiple of the logarithm of the number of blocks. Source: Barrett et
	// al., Virtual Machine Warmup Blows Hot and Cold, OOPSLA 2017.
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

// classOf classifies a start by the logarithms of the medians of its blocks, in their order.
func classOf(medians []float64) string {
	n := len(medians)
	if n < leastClassified {
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

// leastCapacity is the share of the clients that throughput × median accounts for at least, of a closed loop in which both
// tell the same.
const leastCapacity = 0.7

// skewWarning finds closed loops in which the median response time and the throughput tell different things: by Little's
// law, throughput × mean response time is the number of clients.
func skewWarning(plan record.Plan, measured []measurements, a *Analysis) (Warning, bool) {
	var all, byMedian, byThroughput []string
	least := leastCapacity
	for _, c := range a.OwnCells() {
		if c.Load.Kind != record.Closed || c.ThroughputRPS == nil || c.Response.P50 == nil || c.Errors > 0 {
			continue
		}
		share := *c.ThroughputRPS * float64(*c.Response.P50) / 1e9 / float64(c.Load.Concurrency)
		if share >= leastCapacity {
			continue
		}
		all, least = append(all, c.Cell.String()), min(least, share)
		if m := measured[slices.Index(plan.Cells, c.Cell)]; m.skewWithin(c.Load.Concurrency) >= leastCapacity {
			byThroughput = append(byThroughput, c.Cell.String())
		} else {
			byMedian = append(byMedian, c.Cell.String())
		}
	}
	text := fmt.Sprintf("throughput × median response time is down to %s of the number of clients", units.Percent(least))
	if len(byMedian) > 0 {
		text += fmt.Sprintf("; for %s the median misleads: some requests take far longer", firstOf(byMedian))
	}
	if len(byThroughput) > 0 {
		text += fmt.Sprintf("; for %s the throughput misleads: some blocks were far slower than those with most of the requests",
			firstOf(byThroughput))
	}
	return warningAbout(all, Warning{Code: "skewed", Text: text,
		Advice: "see the distribution of the response times and the classes of the starts"})
}

// skewWithin is the median over blocks of throughput × median, as a share of the clients.
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

// unsteadyWarning names targets that do not get steady.
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
			texts = append(texts, fmt.Sprintf("%s as %s was not steady at the end of its warm-up in %d of %d starts", w.Workload, w.Model,
				w.Starts-w.Steady, w.Starts))
		}
	}
	return warningAbout(about, Warning{Code: "unsteady", Text: strings.Join(texts, "; "),
		Advice: "the result depends on when it was measured: increase --warm-up or --budget, or find what the server does"})
}
