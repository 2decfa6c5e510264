package plan

import (
	"math/rand/v2"
	"time"
)

// alternatingBlock is how long a visit takes for each cell that alternates with another. As requests of both are paired
// one by one, it need not be as long as a block that is paired as a whole: its costs are read before and after it.
const alternatingBlock = 15 * time.Millisecond

// fewestInTurn is how many requests a visit to a cell that alternates has at the least: those of one cycle. So a program
// that takes long to start has many starts of the targets in the time of a check all the same.
const fewestInTurn = 2

// Alternate has the requests of cells that differ only in model alternate, if the default engine can do that.
func (p *Plan) Alternate() {
	if p.Alternating = DefaultAlternates; p.Alternating {
		p.BlockNS, p.MinRequests = int64(alternatingBlock), fewestInTurn
	}
}

// Groups returns what a round visits at a start of the targets, in its order. Cells that alternate are one group; each
// other cell is one by itself. The control of a check has rounds of its own, with the program that it is.
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

// inRound reports whether the cell is visited in a round in which it is its turn.
func (p Plan) inRound(cell, round, start int) bool {
	model := p.Cells[cell].Model
	if p.RoundsTogether() == 1 {
		return true
	}
	twin, _ := p.ControlOf(start)
	if ofControl := round%2 == 1; ofControl {
		return model == p.Check.Control || model == twin
	}
	return model != p.Check.Control
}

// controlStream is in the second half of the generator's seed, which no round's order has.
const controlStream = 0x636f6e74726f6c << 8 // "control"

// ControlOf returns which model the control is like at a start of the targets, and what is launched as the control. A
// coin decides whether it is the candidate or the base: whichever it is, its file is executed twice as often, and what
// is in the processor's caches takes less time.
func (p Plan) ControlOf(start int) (twin, launch string) {
	if p.Check.BaseControl == "" || rand.New(rand.NewPCG(p.Seed, controlStream^uint64(start))).IntN(2) == 0 {
		return p.Check.Candidate, p.Check.Control
	}
	return p.Baseline, p.Check.BaseControl
}

// RoundsTogether is how many rounds visit each cell, but for strides.
func (p Plan) RoundsTogether() int {
	if p.Alternating && p.Check != nil && p.Check.Control != "" {
		return 2
	}
	return 1
}

// Alternates reports whether the requests of the cell alternate with those of others.
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

// Cycle lists whose requests follow one another in a group of n cells: each cell has one, and then each one more in the
// reverse order. A drift of the machine cancels that way, and so does what a request leaves to be done after its
// response: of two cells, each follows itself as often as the other.
func Cycle(n int) (turns []int) {
	for i := range n {
		turns = append(turns, i)
	}
	for i := range n {
		turns = append(turns, n-1-i)
	}
	return turns
}
