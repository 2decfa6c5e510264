package bench

// Curves lists for each workload, request and model the indices of its cells with a rate: the points of its curve of
// response time against rate. The plan has them in order of the rates.
func (p Plan) Curves() [][]int {
	index := map[Cell]int{}
	var curves [][]int
	for i, c := range p.Cells {
		if c.Load.Kind != Open {
			continue
		}
		c.Load, c.Engine = Load{}, ""
		at, ok := index[c]
		if !ok {
			at = len(curves)
			index[c] = at
			curves = append(curves, nil)
		}
		curves[at] = append(curves[at], i)
	}
	return curves
}

// A probe says whether a point holds.
type probe func(point int) (bool, error)

// climb finds, by halves, a point that holds and above which the next does not, between low, which holds, and high,
// which does not. With an error it returns the highest that held until then.
func climb(low, high int, holds probe) (int, error) {
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

// descend finds the highest point, from this one down, that holds; -1 if none does. With an error it returns the one at
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
