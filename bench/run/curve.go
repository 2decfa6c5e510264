package run

// A probe says whether a point holds.
type probe func(point int) (bool, error)

// bisect finds, by halves, a point that holds and above which the next does not, between low, which holds, and high,
// which does not. With an error it returns the highest that held until then.
func bisect(low, high int, holds probe) (int, error) {
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

// searchDown finds the highest point, from this one down, that holds; -1 if none does. With an error it returns the one
// at which it was.
func searchDown(from int, holds probe) (int, error) {
	for ; from >= 0; from-- {
		ok, err := holds(from)
		if ok || err != nil {
			return from, err
		}
	}
	return from, nil
}
