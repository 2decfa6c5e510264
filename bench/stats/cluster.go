package stats

const (
	// widenedFrom is the ratio of the width of the starts' interval to that of the pairs' interval above which a report
	// mentions it.
	widenedFrom = 1.5
	// clusterNeeds is the smallest number of starts that have a 95% interval of their own; see SignedRank.
	clusterNeeds = 6
)

// A Clustering holds the intervals for pairs that were measured at several starts of the targets. Interval is the one
// to print.
type Clustering struct {
	Interval          // the wider of Pairs and Starts; Pairs if the starts could not be judged
	Pairs    Interval // the unit is the pair
	Starts   Interval // whether there were enough starts for an interval of their own
	Judged   bool     // whether there were enough starts for their own interval
	Widened  bool     // whether Starts is more than 1.5 times as wide as Pairs
}

// Clustered returns the interval of the pairs in starts, which has a slice of log ratios for each start, at the given
// confidence (0.95 means 95%).
//
// Each start randomizes the memory layout of the processes. So all pairs of a start may be too high or too low
// together, and contain less information than their number suggests. With an effect of starts half as large as the
// noise of a pair, and 8 starts of 30 pairs, the 95% interval of the pairs contains the true value in 57% of runs. So
// there is a second interval, whose units are the starts, each with its own Hodges–Lehmann estimate. The wider
// interval counts, with its own estimate. All starts have the same weight, whatever their sizes; empty ones are left
// out. Source: Kalibera and Jones, ISMM 2013, on the level of repetition that varies; cluster summaries as in Donner
// and Klar 2000.
//
// Medians of starts would be valid units, too, but their standard error is 1.2 times as large under normal noise.
// Without any effect of starts, the interval of 8 medians is 1.5 times as wide as that of the pairs half of the time.
// With Hodges–Lehmann estimates this remains so a quarter of the time, since 8 units estimate their own spread poorly.
// So Widened describes the printed interval and does not prove an effect.
//
// With too few starts for an interval of their own (fewer than 6 at 95%), Judged is false and Interval is that of the
// pairs. It is then valid only if starts make no difference, which the data cannot show. A report must mention this.
//
// ok is false if the pairs alone give no interval; see SignedRank.
func Clustered(starts [][]float64, confidence float64) (c Clustering, ok bool) {
	pairs, centres := units(starts)
	if c.Pairs, ok = SignedRank(pairs, confidence); !ok {
		return Clustering{}, false
	}
	c.Interval = c.Pairs
	if c.Starts, c.Judged = SignedRank(centres, confidence); c.Judged {
		c.Widened = c.Starts.Width() > widenedFrom*c.Pairs.Width()
		if c.Starts.Width() > c.Pairs.Width() {
			c.Interval = c.Starts
		}
	}
	return c, true
}

// units returns the pairs of all starts, and the estimate of each start.
func units(starts [][]float64) (pairs, centres []float64) {
	for _, s := range starts {
		if len(s) > 0 {
			pairs = append(pairs, s...)
			centres = append(centres, HodgesLehmann(s))
		}
	}
	return pairs, centres
}
