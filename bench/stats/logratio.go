package stats

import (
	"fmt"
	"math"
)

// LogRatios returns ln(candidate/baseline) of each pair. On that scale a doubling and a halving are equally far from
// no change, and the ratios of two identical programs lie symmetrically about 0, as the signed-rank test needs.
//
// It fails, naming the index and the value, if the lengths differ or a value is not a positive, finite number.
func LogRatios(baseline, candidate []float64) ([]float64, error) {
	if len(baseline) != len(candidate) {
		return nil, fmt.Errorf("pairing %d baseline values with %d candidate values", len(baseline), len(candidate))
	}
	d := make([]float64, len(baseline))
	for i := range d {
		if !positive(baseline[i]) {
			return nil, fmt.Errorf("taking the log ratio of pair %d: baseline %g is not a positive number", i, baseline[i])
		}
		if !positive(candidate[i]) {
			return nil, fmt.Errorf("taking the log ratio of pair %d: candidate %g is not a positive number", i, candidate[i])
		}
		d[i] = math.Log(candidate[i]) - math.Log(baseline[i]) // the quotient could overflow
	}
	return d, nil
}

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }

// finite says whether each of xs is a number, and not an infinite one.
func finite(xs []float64) bool {
	for _, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return false
		}
	}
	return true
}
