package units

import (
	"math"
	"strconv"
)

// Rough prints a number with two significant digits: 0.031, 4.5, 31,000. It is for sentences; tables have three.
func Rough(x float64) string {
	x = rough(x)
	size := math.Abs(x)
	if size == 0 {
		return "0"
	}
	decimals := 1 - int(math.Floor(math.Log10(size)*(1+1e-12)))
	if decimals <= 0 {
		return minus(x) + Count(int64(math.Round(size)))
	}
	return minus(x) + strconv.FormatFloat(size, 'f', min(decimals, 4), 64)
}

// RoughDuration prints nanoseconds with two significant digits.
func RoughDuration(ns float64) string {
	ns = rough(ns)
	size, name := unit(math.Abs(ns))
	return Rough(ns/size) + " " + name
}

// RoughPercent prints a share as a percentage with two significant digits.
func RoughPercent(share float64) string { return Rough(share*100) + "%" }

// rough rounds to two significant digits.
func rough(x float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return x
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 1, 64), 64)
	if err != nil {
		return x
	}
	return rounded
}
