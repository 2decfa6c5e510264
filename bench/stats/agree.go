package stats

import (
	"math"
	"slices"
)

// Limits of the differences between two windows that agree, as shares of the later one.
const (
	mostFall      = 0.10 // how far the earlier mean is above the later one
	mostRise      = 0.50 // how far it is below that, which a single slow value may cause
	mostQuartile  = 0.05 // difference of the first quartile, and of the third
	mostDeviation = 0.10 // difference of the median absolute deviation
)

// Agree reports whether two adjacent windows of response times agree, which means that a steady state is reached. It is
// the rule by which pyperf ends its warm-up. Pyperf also refuses a window that begins with an outlier, to decide
// whether its first value counts; here no window counts.
func Agree(before, after []float64) bool {
	if len(before) == 0 || len(after) == 0 {
		return false
	}
	a, b := describe(before), describe(after)
	fall := relative(a.mean, b.mean)
	return fall <= mostFall && fall >= -mostRise &&
		math.Abs(relative(a.q1, b.q1)) <= mostQuartile && math.Abs(relative(a.q3, b.q3)) <= mostQuartile &&
		math.Abs(relative(a.deviation, b.deviation)) <= mostDeviation
}

// A description holds the statistics of a window that Agree compares.
type description struct{ mean, q1, q3, deviation float64 }

func describe(x []float64) (d description) {
	sorted := ascending(x)
	for _, v := range sorted {
		d.mean += v / float64(len(sorted))
	}
	d.q1, d.q3 = quantile(sorted, 0.25), quantile(sorted, 0.75)
	median, deviations := Median(sorted), make([]float64, len(sorted))
	for i, v := range sorted {
		deviations[i] = math.Abs(v - median)
	}
	slices.Sort(deviations)
	d.deviation = Median(deviations)
	return d
}

// quantile returns the value at a share of a sorted sequence, with linear interpolation.
func quantile(sorted []float64, q float64) float64 {
	at := q * float64(len(sorted)-1)
	low := int(at)
	high := min(low+1, len(sorted)-1)
	return sorted[low] + (sorted[high]-sorted[low])*(at-float64(low))
}

// relative returns how much before exceeds after, as a share of after; 0 if both are 0.
func relative(before, after float64) float64 {
	if before == after {
		return 0
	}
	return (before - after) / after
}
