package calibrate

import (
	"slices"

	"forktax/bench/plan"
)

// spanOf returns the range of units, out of n, that is in the part: from ≤ i < to. It is contiguous, so kinds of units
// that alternate do so within each part.
func spanOf(p plan.Part, n int) (from, to int) {
	if p.Of == 0 {
		return 0, n
	}
	return n * (p.Number - 1) / p.Of, n * p.Number / p.Of
}

// hasWhole reports whether a property without checks is in the part. Such properties are assigned to the parts in turn.
func hasWhole(p plan.Part, name string) bool {
	if p.Of == 0 {
		return true
	}
	whole := slices.DeleteFunc(Properties(), func(p Property) bool { return p.Checks != nil })
	i := slices.IndexFunc(whole, func(p Property) bool { return p.Name == name })
	return i%p.Of == p.Number-1
}
