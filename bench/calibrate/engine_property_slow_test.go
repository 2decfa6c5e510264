//go:build slow

package calibrate_test

import (
	"testing"

	"forktax/bench/calibrate"
)

// Each faulty engine is found out, and by its fault: one without it passes. Those that send by themselves do so in
// earnest, and there the noise may leave it open.
func TestFaultyEnginesAreFoundOut(t *testing.T) {
	if n := len(calibrate.FaultyEngines()); n < 10 {
		t.Errorf("there are %d wrong engines, want 10 at the least", n)
	}
	for _, w := range calibrate.FaultyEngines() {
		t.Run(w.Name, func(t *testing.T) {
			l := newLab()
			if !w.Sends {
				calibrate.Virtual(l)
			}
			right, found, err := w.Measure(t.Context(), l)
			if err != nil {
				t.Fatal(err)
			}
			noisy := w.Sends && (right.Verdict != calibrate.Passed || found.Verdict == calibrate.Unjudged)
			if !noisy && (right.Verdict != calibrate.Passed || found.Verdict != calibrate.Failed) {
				t.Errorf("%s says %q of one without the fault and %q of it, want %q and %q: %+v", w.Property, right.Verdict,
					found.Verdict, calibrate.Passed, calibrate.Failed, found.Measures)
			}
		})
	}
}
