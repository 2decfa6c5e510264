package stats_test

import (
	"math"
	"testing"

	"forktax/bench/stats"
)

func TestLogRatios(t *testing.T) {
	got, err := stats.LogRatios([]float64{2, 4, 1e-300, 5e-324}, []float64{4, 2, 1e300, 5e-324})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{math.Ln2, -math.Ln2, 600 * math.Ln10, 0} {
		if !near(got[i], want) {
			t.Errorf("LogRatios: pair %d is %g, want %g", i, got[i], want)
		}
	}
	if got, err := stats.LogRatios(nil, nil); err != nil || len(got) != 0 {
		t.Errorf("LogRatios(nil, nil) = %v, %v, want none", got, err)
	}
}

func TestLogRatiosRefuses(t *testing.T) {
	check := func(baseline, candidate []float64, want string) {
		t.Helper()
		got, err := stats.LogRatios(baseline, candidate)
		if err == nil || err.Error() != want || got != nil {
			t.Errorf("LogRatios(%v, %v) = %v, %v, want error %q", baseline, candidate, got, err, want)
		}
	}
	check([]float64{1}, nil, "pairing 1 baseline values with 0 candidate values")
	check([]float64{1, 0}, []float64{1, 1}, "taking the log ratio of pair 1: baseline 0 is not a positive number")
	check([]float64{1, 1}, []float64{-3, 1}, "taking the log ratio of pair 0: candidate -3 is not a positive number")
	check([]float64{math.NaN()}, []float64{1}, "taking the log ratio of pair 0: baseline NaN is not a positive number")
	check([]float64{1}, []float64{math.Inf(1)}, "taking the log ratio of pair 0: candidate +Inf is not a positive number")
}
