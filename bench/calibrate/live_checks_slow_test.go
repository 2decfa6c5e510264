//go:build slow

package calibrate_test

import (
	"testing"
	"time"

	"forktax/bench/calibrate"
)

// Real starts give noise that is about nothing, by starts of the targets, and phases that add up.
func TestRecorded(t *testing.T) {
	l := startup(t)
	s, err := calibrate.RecordNoise(t.Context(), l, time.Second)
	if err != nil || len(s) == 0 {
		t.Fatalf("recordNoise = %v, %v, want some starts", s, err)
	}
	o, err := calibrate.PhasesOf(t.Context(), l, "startup", 400*time.Millisecond)
	if err != nil || len(o.Measures) == 0 || o.Measures[0].N == 0 || o.Measures[0].Value > 1 {
		t.Errorf("phases = %+v, %v, want a sum that is no more than the whole", o, err)
	}
}
