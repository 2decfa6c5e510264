//go:build slow

package calibrate_test

import (
	"testing"
	"time"

	"forktax/bench/calibrate"
)

// Real starts give noise grouped by starts of the targets, and phases that add up to at most the total.
func TestRecorded(t *testing.T) {
	l := startup(t)
	s, err := calibrate.RecordNoise(t.Context(), l, time.Second)
	if err != nil || len(s) == 0 {
		t.Fatalf("recordNoise = %v, %v, want some starts", s, err)
	}
	o, err := calibrate.PhasesOf(t.Context(), l, "startup", 400*time.Millisecond)
	if err != nil || len(o.Measures) == 0 || o.Measures[0].N == 0 || o.Measures[0].Value > 1 {
		t.Errorf("phases = %+v, %v, want a sum of at most the total", o, err)
	}
}
