package analysis

import (
	"slices"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
)

// Block validity. A block is invalid by rules that look at how it was measured, never at what came out or
// on which side it is. With it go the blocks of its round that differ from it only in model: a pair is whole or not at
// all. What only makes blocks noisier, as steal does, is not among the rules; see steal.go.
const (
	reasonLag        = "lag"        // open loop: the generator sent too late
	reasonGenerator  = "generator"  // open loop: the generator had no core to itself
	reasonCollection = "collection" // of garbage, in the generator
	reasonNetwork    = "network"    // connections were dropped, or had to be asked for again
	reasonErrors     = "errors"     // a request failed
)

const (
	allowedLag      = 500 * time.Microsecond // of lag's p99, which is always allowed
	shareOfMedian   = 0.05                   // of the median response time, likewise
	shareOfLimit    = 0.05                   // of an objective's limit, likewise
	shareOfCore     = 0.6                    // that the generator may use in an open loop
	maxInvalidShare = 0.2                    // of a cell's blocks; beyond, the run is inconclusive
	minInvalid      = 2                      // invalid blocks of a cell: a single one is an accident
)

// invalidReasons lists why a block is invalid; none if it is valid; lag and response are sorted.
func invalidReasons(p record.Plan, b record.Block, q backlog, lag, response []int64) []string {
	l := p.Cells[b.Cell].Load
	var reasons []string
	is := func(reason string, wrong bool) {
		if wrong {
			reasons = append(reasons, reason)
		}
	}
	if l.Kind == record.Open && len(lag) > 0 {
		allowed := float64(allowedLag)
		if len(response) > 0 {
			allowed = max(allowed, shareOfMedian*float64(nearestRank(response, 0.5)))
		}
		if p.Objective != nil { // the question is then whether it is met, and response times include the lag
			allowed = max(allowed, shareOfLimit*float64(p.Objective.LimitNS))
		}
		is(reasonLag, float64(nearestRank(lag, 0.99)) > allowed && !q.exhausted(l))
		is(reasonGenerator, float64(b.GeneratorNS) > shareOfCore*float64(b.LengthNS))
	}
	is(reasonCollection, b.Collections > 0)
	is(reasonNetwork, b.Machine.ListenDrops > 0 || b.Machine.SYNRetransmits > 0)
	failed := b.Failed()
	if q.overloadedAlone() { // which says why requests were cut off
		failed -= b.CutOff()
	}
	is(reasonErrors, failed > 0)
	return reasons
}

// nearestRank is a percentile of values, of which there is at least one.
func nearestRank(sorted []int64, p float64) int64 { return sorted[stats.NearestRank(p, len(sorted))-1] }

// propagateInvalid has the blocks of a round that differ only in model share their reasons.
func propagateInvalid(cells []record.Cell, measured []measurements) {
	type key struct {
		cell  record.Cell
		round int
	}
	reasons := map[key][]string{}
	each := func(visit func(k key, b *blockData)) {
		for i := range measured {
			for round, b := range measured[i].rounds {
				k := key{cells[i], round}
				k.cell.Model = ""
				visit(k, b)
			}
		}
	}
	each(func(k key, b *blockData) { reasons[k] = append(reasons[k], b.reasons...) })
	each(func(k key, b *blockData) {
		if shared := reasons[k]; len(shared) > 0 {
			b.reasons = slices.Compact(slices.Sorted(slices.Values(shared)))
		}
	})
}

// timesInvalid reports whether the block's times are not the server's: all reasons but that a request failed, which may
// well be the server's doing.
func timesInvalid(reasons []string) bool {
	return slices.ContainsFunc(reasons, func(r string) bool { return r != reasonErrors })
}
