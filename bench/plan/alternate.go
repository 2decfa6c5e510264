package plan

import "time"

// alternatingBlock is how long a visit takes for each cell that alternates with another. As requests of both are paired
// one by one, it need not be as long as a block that is paired as a whole: its costs are read before and after it.
const alternatingBlock = 15 * time.Millisecond

// Alternate has the requests of cells that differ only in model alternate, if the default engine can do that.
func (p *Plan) Alternate() {
	if p.Alternating = DefaultAlternates; p.Alternating {
		p.BlockNS = int64(alternatingBlock)
	}
}

// Groups returns what a round visits, in its order. Cells that alternate are one group; each other cell is one by
// itself. The control of a check has rounds of its own, with the candidate alone: they are the same program, which
// would be in the processor's caches twice as often as the base if all three alternated.
func (p Plan) Groups(round int) (groups [][]int) {
	numbers := p.PairNumbers()
	at := map[int]int{}
	for _, cell := range p.Order(round) {
		if !p.inRound(cell, round) {
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
func (p Plan) inRound(cell, round int) bool {
	model := p.Cells[cell].Model
	switch {
	case p.RoundsTogether() == 1 || model == p.Check.Candidate:
		return true
	case model == p.Check.Control:
		return round%2 == 1
	default:
		return round%2 == 0
	}
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
