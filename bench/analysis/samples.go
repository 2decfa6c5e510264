package analysis

import (
	"maps"
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
	return rank((1 - most) / 2), rank((1 + most) / 2), true
}
