package calibrate_test

import (
	"testing"

	"forktax/bench/calibrate"
)

// Without noise an engine that is exact passes every exam, and meets its aim.
func TestExamsAreFair(t *testing.T) {
	l := newLab()
	calibrate.Virtual(l)
	for _, name := range calibrate.Exams() {
		if name == "stall" { // a part of it stops a process
			continue
		}
		o, err := calibrate.Sit(t.Context(), l, name)
		if err != nil || o.Verdict != calibrate.Passed {
			t.Errorf("%s: %s, %v: %+v", name, o.Verdict, err, o.Measures)
		}
	}
}
