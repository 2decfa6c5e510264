package stats_test

import (
	"math"
	"testing"

	"forktax/bench/stats"
)

// The values of Φ and its inverse are from Abramowitz and Stegun: tables 26.1 and 26.5, and expansion 26.2.12 at −10.
func TestNormal(t *testing.T) {
	cdf := func(z, p float64) {
		t.Helper()
		if got := stats.NormalCDF(z); math.Abs(got-p) > 1e-6*p {
			t.Errorf("NormalCDF(%g) = %g, want %g", z, got, p)
		}
	}
	check := func(z, p float64) {
		t.Helper()
		cdf(z, p)
		if got := stats.NormalQuantile(p); math.Abs(got-z) > 1e-5 {
			t.Errorf("NormalQuantile(%g) = %g, want %g", p, got, z)
		}
	}
	check(0, 0.5)
	check(1, 0.8413447461)
	check(-1, 0.1586552539)
	check(1.6448536, 0.95)
	check(1.9599640, 0.975)
	check(2.3263479, 0.99)
	cdf(-10, 7.6198530e-24)

	if got := stats.NormalQuantile(0); !math.IsInf(got, -1) {
		t.Errorf("NormalQuantile(0) = %g, want -Inf", got)
	}
	if got := stats.NormalQuantile(1.5); !math.IsNaN(got) {
		t.Errorf("NormalQuantile(1.5) = %g, want NaN", got)
	}
}
