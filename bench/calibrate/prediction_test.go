package calibrate

import (
	"testing"

	"forktax/bench/machine"
)

func TestJudgePredictions(t *testing.T) {
	of := func(predicted, reached float64) predictionResult {
		fine := machine.SmallestChange{Gate: "cpu_per_request", Change: 0.05}
		return predictionResult{Predicted: []machine.SmallestChange{fine, {Gate: "response_p50", Change: predicted}},
			Reached: []machine.SmallestChange{fine, {Gate: "response_p50", Change: reached}}}
	}
	right, low, high := of(0.10, 0.14), of(0.10, 0.16), of(0.16, 0.10)
	for name, test := range map[string]struct {
		all  []predictionResult
		want string
	}{
		"three of four": {[]predictionResult{right, low, right, right}, Passed},
		"two of four":   {[]predictionResult{high, low, right, right}, Failed},
	} {
		got := judgePredictions(&Lab{}, test.all)
		if got.Verdict != test.want || len(got.Table.Rows) != 4 || len(got.Table.Rows[0]) != 6 {
			t.Errorf("%s: judgePredictions = %+v, want %s", name, got, test.want)
		}
	}
	noisy := judgePredictions(&Lab{}, []predictionResult{of(0.04, 0.04), of(0.04, 0.04), of(0.1, 0.1), of(0.2, 0.2)})
	if one := noisy.Measures[1]; noisy.Verdict != Passed || one.Value != 1 {
		t.Errorf("a constant is right for %g of four machines, want 1: %+v", one.Value, noisy)
	}
}
