package plan

import (
	"math"
	"slices"
	"time"
)

// assignStrides makes short visits more frequent than long ones. A cell whose visits are k times as long as the
// shortest is visited in every k^⅔-th round, but never so rarely that fewer than fewestVisits are expected. If the
// noise of a block does not depend on its length, this minimizes the sum of the widths of the intervals: with n visits,
// the width is w ∝ 1/√n and the cost n·k, so the sum of w is smallest for n ∝ k^−⅔.
func (o *Options) assignStrides(p *Plan) {
	var lengths []time.Duration
	for _, c := range p.Cells {
		length := p.Duration(c)
		if p.Part.IsOne() {
			length = p.slotLength(c)
		}
		lengths = append(lengths, length)
	}
	shortest := slices.Min(lengths)
	strideOf := func(length time.Duration) int { return int(math.Pow(float64(length)/float64(shortest), 2./3)) }
	for most := strideOf(slices.Max(lengths)); ; most-- {
		p.Strides = p.Strides[:0]
		var round time.Duration // average length
		for _, length := range lengths {
			stride := min(strideOf(length), most)
			p.Strides = append(p.Strides, stride)
			round += length / time.Duration(stride)
		}
		if most == 1 || expected(p, round)/most >= fewestVisits {
			return
		}
	}
}

// expected returns the expected number of rounds of this length.
func expected(p *Plan, round time.Duration) int {
	if p.Rounds > 0 {
		return p.Rounds
	}
	return int(visiting * float64(p.BudgetNS) / float64(round))
}

const (
	// fewestVisits is the smallest number of visits to a cell: a confidence interval needs six.
	fewestVisits = 6
	// visiting is the share of the run spent on valid visits. The rest is for the cross-check, starting targets, reading
	// their usage, and invalid visits.
	visiting = 0.7
)

// limitStride limits a stride so that fewestVisits are left, if the number of rounds is known.
func limitStride(stride, rounds int) int {
	if rounds == 0 {
		return stride
	}
	return max(min(stride, rounds/fewestVisits), 1)
}

// The cross-check need not be precise. It is visited in one of five rounds of the cell that it checks.
const (
	crossCheckEngine = "hey"
	crossCheckStride = 5
)

// addCrossCheck adds the cells of the cross-check: the closed loops, with another engine and in some of the rounds.
func (o *Options) addCrossCheck(p *Plan) {
	if !o.CrossCheck || o.Engine == crossCheckEngine {
		return
	}
	p.CrossCheck = crossCheckEngine
	for i, c := range p.Cells {
		if c.Load.Kind != Closed || c.Request == Mix || c.Workload == p.Floor || o.isIntermediate(c.Model) {
			continue
		}
		c.Engine = crossCheckEngine
		p.Cells = append(p.Cells, c)
		p.Strides = append(p.Strides, limitStride(p.Strides[i]*crossCheckStride, p.Rounds))
	}
}
