package plan

// Groups returns what a round visits, in its order. Cells that alternate are one group; each other cell is one by
// itself.
func (p Plan) Groups(round int) (groups [][]int) {
	numbers := p.PairNumbers()
	at := map[int]int{}
	for _, cell := range p.Order(round) {
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
