package bench

// Ladders lists for each workload, request and model the indices of its cells with a rate. The plan has them in order
// of the rates.
func (p Plan) Ladders() [][]int {
	index := map[Cell]int{}
	var ladders [][]int
	for i, c := range p.Cells {
		if c.Load.Kind != Open {
			continue
		}
		c.Load, c.Engine = Load{}, ""
		at, ok := index[c]
		if !ok {
			at = len(ladders)
			index[c] = at
			ladders = append(ladders, nil)
		}
		ladders[at] = append(ladders[at], i)
	}
	return ladders
}

// A probe says whether a rung holds.
type probe func(rung int) (bool, error)

// climb finds, by halves, a rung of n that holds and above which the next does not; -1 if none holds. With an error it
// returns the highest that held until then.
func climb(n int, holds probe) (int, error) {
	low, high := -1, n // the highest that held, the lowest that did not
	for high-low > 1 {
		middle := (low + high) / 2
		ok, err := holds(middle)
		if err != nil {
			return low, err
		}
		if ok {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}

// descend finds the highest rung, from this one down, that holds; -1 if none does. With an error it returns the one at
// which it was.
func descend(from int, holds probe) (int, error) {
	for ; from >= 0; from-- {
		ok, err := holds(from)
		if ok || err != nil {
			return from, err
		}
	}
	return from, nil
}
