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

// Each wrong engine is found out, and by its fault: one without it passes. Those that send by themselves do so in earnest,
// and there the noise may leave it open.
func TestWrongEnginesAreFoundOut(t *testing.T) {
	if n := len(calibrate.Wrongs()); n < 10 {
		t.Errorf("there are %d wrong engines, want 10 at the least", n)
	}
	for _, w := range calibrate.Wrongs() {
		t.Run(w.Name, func(t *testing.T) {
			l := newLab()
			if !w.Sends {
				calibrate.Virtual(l)
			}
			right, found, err := w.Examined(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			noisy := w.Sends && (right.Verdict != calibrate.Passed || found.Verdict == calibrate.Unjudged)
			if !noisy && (right.Verdict != calibrate.Passed || found.Verdict != calibrate.Failed) {
				t.Errorf("%s says %q of one without the fault and %q of it, want %q and %q: %+v", w.By, right.Verdict,
					found.Verdict, calibrate.Passed, calibrate.Failed, found.Measures)
			}
		})
	}
}
