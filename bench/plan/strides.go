package plan

import (
	"math"
	"slices"
	"time"
)

// assignStrides has short visits made more often than long ones: a cell whose visits are k times as long as the
// shortest is visited in every k^⅔-th round. If blocks are as noisy whatever their length, that makes the intervals
// narrowest, in sum: of a width w ∝ 1/√n and a cost n·k each, the sum of w is least at n ∝ k^−⅔. But none is visited so
// seldom that fewer than fewestVisits are to be expected.
func (o *Options) assignStrides(p *Plan) {
	var lengths []time.Duration
	for _, c := range p.Cells {
		length := p.Duration(c)
		lengths = append(lengths, length)
	}
	shortest := slices.Min(lengths)
	seldom := func(length time.Duration) int { return int(math.Pow(float64(length)/float64(shortest), 2./3)) }
	for most := seldom(slices.Max(lengths)); ; most-- {
		p.Strides = p.Strides[:0]
		var round time.Duration // its length, on average
		for _, length := range lengths {
			every := min(seldom(length), most)
			p.Strides = append(p.Strides, every)
			round += length / time.Duration(every)
		}
		if most == 1 || expected(p, round)/most >= fewestVisits {
			return
		}
	}
}

// expected is how many rounds of that length a plan comes to.
func expected(p *Plan, round time.Duration) int {
	if p.Rounds > 0 {
		return p.Rounds
	}
	return int(visiting * float64(p.BudgetNS) / float64(round))
}

const (
	// fewestVisits is how often a cell is visited at the least: an interval needs six.
	fewestVisits = 6
	// visiting is the share of the time in which cells are visited. The rest goes to the cross-check, the starts of the
	// targets, and the looks at their usage; and some visits turn out to be invalid.
	visiting = 0.7
)

func limited(every, rounds int) int {
	if rounds == 0 {
		return every
	}
	return max(min(every, rounds/fewestVisits), 1)
}

// The cross-check need not be exact. It is visited in one of five rounds of the cell that it checks.
const (
	crossCheckEngine = "hey"
	crossCheckStride = 5
)

// addCrossCheck adds the cells of the cross-check: the closed loops again, in some of the rounds.
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
		p.Strides = append(p.Strides, limited(p.Strides[i]*crossCheckStride, p.Rounds))
	}
}
