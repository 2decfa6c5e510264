package units_test

import (
	"testing"

	"forktax/bench/units"
)

func TestRough(t *testing.T) {
	for x, want := range map[float64]string{
		0: "0", 0.0312: "0.031", 0.38: "0.38", 1: "1.0", 4.46: "4.5", 9.96: "10", 48.7: "49", 99.6: "100", 146: "150",
		31_213: "31,000", -22.1: "−22", 1000: "1,000",
	} {
		if got := units.Rough(x); got != want {
			t.Errorf("Rough(%v) = %q, want %q", x, got, want)
		}
	}
	for ns, want := range map[float64]string{
		38_012: "38 µs", 1_852_000: "1.9 ms", 999_900: "1.0 ms", 9_960: "10 µs", 54: "54 ns", 2.4e9: "2.4 s",
	} {
		if got := units.RoughDuration(ns); got != want {
			t.Errorf("RoughDuration(%v) = %q, want %q", ns, got, want)
		}
	}
	if got, want := units.RoughPercent(0.0038), "0.38%"; got != want {
		t.Errorf("RoughPercent(0.0038) = %q, want %q", got, want)
	}
}
