package run

// A probe reports whether a point of a curve meets the objective ("holds").
type probe func(point int) (bool, error)

// bisect finds by bisection a point that holds while the next one does not. It assumes that low holds and high does
// not. On an error it returns the highest point that held so far.
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

// searchDown returns the highest point that holds, at or below from; -1 if none does. On an error it returns the point
// at which the error occurred.
func searchDown(from int, holds probe) (int, error) {
	for ; from >= 0; from-- {
		ok, err := holds(from)
		if ok || err != nil {
			return from, err
		}
	}
	return from, nil
}
