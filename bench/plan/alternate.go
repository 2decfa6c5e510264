package plan

import (
	"math/rand/v2"
	"time"
)

// alternatingBlock is the length of a visit per cell, if cells alternate. Requests of alternating cells are paired one
// by one, so a block can be shorter than one that is paired as a whole.
const alternatingBlock = 15 * time.Millisecond

// minAlternating is the smallest number of requests of a visit to an alternating cell: one cycle. With so few, even a
// check of a slow program has many starts of the targets.
const minAlternating = 2

// Alternate makes the requests of cells that differ only in model alternate, if the default engine supports it.
func (p *Plan) Alternate() {
	if p.Alternating = DefaultAlternates; p.Alternating {
		p.BlockNS, p.MinRequests = int64(alternatingBlock), minAlternating
	}
}

// Groups returns the cells that a round visits at a start of the targets, in order. Alternating cells form a group;
// each other cell is a group of its own. The control of a check and the model it delays are visited in separate rounds.
func (p Plan) Groups(round, start int) (groups [][]int) {
	numbers := p.PairNumbers()
	at := map[int]int{}
	for _, cell := range p.Order(round) {
		if !p.inRound(cell, round, start) {
			continue
		}
		i, ok := at[numbers[cell]]
		if !ok || !p.Alternating {
			i = len(groups)
			at[numbers[cell]] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], cell)
	}
	return groups
}

// inRound reports whether a cell whose turn it is belongs to the round: rounds of the control alternate with the
// others.
func (p Plan) inRound(cell, round, start int) bool {
	model := p.Cells[cell].Model
	if p.RoundsTogether() == 1 {
		return true
	}
	delayed, _ := p.ControlOf(start)
	if ofControl := round%2 == 1; ofControl {
		return model == p.Check.Control || model == delayed
	}
	return model != p.Check.Control
}

// controlStream is xored into the second half of the PCG seed, to make the stream differ from those of the rounds'
// orders.
const controlStream = 0x636f6e74726f6c << 8 // "control"

// ControlOf returns the model that the control delays at a start of the targets, and the model to launch as the
// control. It is the candidate or the base, chosen at random: the chosen program is executed twice as often, and so
// gains from the CPU's caches.
func (p Plan) ControlOf(start int) (delayed, launch string) {
	if p.Check.BaseControl == "" || rand.New(rand.NewPCG(p.Seed, controlStream^uint64(start))).IntN(2) == 0 {
		return p.Check.Candidate, p.Check.Control
	}
	return p.Baseline, p.Check.BaseControl
}

// RoundsTogether returns the number of consecutive rounds that together visit each cell, strides aside.
func (p Plan) RoundsTogether() int {
	if p.Alternating && p.Check != nil && p.Check.Control != "" {
		return 2
	}
	return 1
}

// Alternates reports whether the requests of the cell alternate with those of other cells.
func (p Plan) Alternates(cell int) bool {
	if !p.Alternating {
		return false
	}
	numbers := p.PairNumbers()
	for i, n := range numbers {
		if i != cell && n == numbers[cell] {
			return true
		}
	}
	return false
}

// Cycle returns the order of the requests of n alternating cells, as indexes: one request of each cell, then one more
// of each in reverse order. This cancels a drift of the machine. It also cancels work that continues after a response:
// of two cells, each follows itself as often as it follows the other.
func Cycle(n int) (turns []int) {
	for i := range n {
		turns = append(turns, i)
	}
	for i := range n {
		turns = append(turns, n-1-i)
	}
	return turns
}
