package analysis

import (
	"slices"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats"
)

// Reasons for which a block is invalid. The rules look at how a block was measured, never at its result or its side.
// The blocks of its round that differ from it only in model are then invalid, too, so that pairs stay complete. Effects
// that only make blocks noisier, such as steal, do not make them invalid; see steal.go.
const (
	reasonLag        = "lag"        // open loop: the generator sent too late
	reasonGenerator  = "generator"  // open loop: the generator did not have a core to itself
	reasonCollection = "collection" // garbage collection in the generator
	reasonNetwork    = "network"    // connections were dropped, or connection requests were sent again
	reasonErrors     = "errors"     // a request failed
	reasonPart       = "part"       // a part of a merged run is missing, or did not begin with the others
)

const (
	// The p99 of the lag may be as long as the largest of these three.
	allowedLag    = 500 * time.Microsecond
	shareOfMedian = 0.05 // share of the median response time
	shareOfLimit  = 0.05 // share of the objective's limit

	shareOfCore     = 0.6 // largest share of a core that the generator may use in an open loop
	maxInvalidShare = 0.2 // share of a cell's blocks above which the run is inconclusive
	minInvalid      = 2   // invalid blocks of a cell: a single one is an accident
)

// invalidReasons returns why a block is invalid; nil if it is valid. slow has the indexes of the generators that could
// not keep up. response is sorted, in nanoseconds.
func invalidReasons(r *record.Result, b record.Block, q backlog, sent lags, response []int64) (reasons []string,
	slow []int) {
	p, l := r.Plan, loadOf(r.Plan, b.Cell)
	is := func(reason string, wrong bool) {
		if wrong {
			reasons = append(reasons, reason)
		}
	}
	is(reasonPart, lacksPart(r, b))
	if l.Kind == record.Open && sent.observed() {
		allowed := float64(allowedLag)
		if len(response) > 0 {
			allowed = max(allowed, shareOfMedian*float64(nearestRank(response, 0.5)))
		}
		if p.Objective != nil { // the question is whether it is met, and response times include the lag
			allowed = max(allowed, shareOfLimit*float64(p.Objective.LimitNS))
		}
		if late := sent.above(allowed); len(late) > 0 && !q.exhausted(l) {
			reasons, slow = append(reasons, reasonLag), append(slow, late...)
		}
		if busy := overloadedGenerators(b, int64(p.Duration(p.Cells[b.Cell]))); len(busy) > 0 {
			reasons, slow = append(reasons, reasonGenerator), append(slow, busy...)
		}
	}
	is(reasonCollection, b.Collections > 0)
	is(reasonNetwork, b.Machine.ListenDrops > 0 || b.Machine.SYNRetransmits > 0)
	failed := b.Failed()
	if q.overloadedAlone() { // which is why requests were cut off
		failed -= b.CutOff()
	}
	is(reasonErrors, failed > 0)
	return reasons, slow
}

// nearestRank returns a percentile of sorted, which must not be empty.
func nearestRank(sorted []int64, p float64) int64 { return sorted[stats.NearestRank(p, len(sorted))-1] }

// propagateInvalid gives the blocks of a round that differ only in model the reasons of all of them.
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

// timesInvalid reports whether the block's times are not those of the server: for any reason except failed requests,
// which the server itself may have caused.
func timesInvalid(reasons []string) bool {
	return slices.ContainsFunc(reasons, func(r string) bool { return r != reasonErrors })
}
