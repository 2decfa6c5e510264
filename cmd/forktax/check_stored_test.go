package main

import (
	"math"
	"testing"
)

// Half a 95 % interval is 1.960 standard errors. For 1 % shared out to 5 gates, at one end of each, it takes 2.878; for
// 2.5 % of one, what there is.
func TestWidening(t *testing.T) {
	check := func(alpha float64, gates int, want float64) {
		t.Helper()
		if got := widening(alpha, gates); math.Abs(got-want) > 1e-3 {
			t.Errorf("widening(%v, %d) = %.4f, want %.4f", alpha, gates, got, want)
		}
	}
	check(0.01, 5, 2.878/1.960)
	check(0.025, 1, 1)
}
