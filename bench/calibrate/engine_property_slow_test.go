//go:build slow

package calibrate_test

import (
	"testing"

	"forktax/bench/calibrate"
)

// Each faulty engine fails because of its fault: without the fault it passes. Engines that send real requests may also
// be left unjudged, because of noise.
func TestFaultyEnginesAreFoundOut(t *testing.T) {
	if n := len(calibrate.FaultyEngines()); n < 10 {
		t.Errorf("there are %d faulty engines, want at least 10", n)
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
			noisy := w.Sends && (right.Verdict == calibrate.Unjudged || found.Verdict == calibrate.Unjudged)
			if !noisy && (right.Verdict != calibrate.Passed || found.Verdict != calibrate.Failed) {
				t.Errorf("%s: %q without the fault and %q with it, want %q and %q: %+v", w.Property, right.Verdict,
					found.Verdict, calibrate.Passed, calibrate.Failed, found.Measures)
			}
		})
	}
}
