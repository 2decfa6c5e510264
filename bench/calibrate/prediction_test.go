package calibrate

import (
	"testing"

	"forktax/bench/machine"
)

func TestJudgePredictions(t *testing.T) {
	of := func(predicted, reached float64) predictionResult {
		fine := machine.SmallestChange{Gate: "cpu_per_request", Change: 0.05}
		return predictionResult{[]machine.SmallestChange{fine, {Gate: "response_p50", Change: predicted}},
			[]machine.SmallestChange{fine, {Gate: "response_p50", Change: reached}}}
	}
	right, low, high := of(0.10, 0.14), of(0.10, 0.16), of(0.16, 0.10)
	for name, test := range map[string]struct {
		all  []predictionResult
		want string
	}{
		"two of three": {[]predictionResult{right, low, right}, Passed},
		"one of three": {[]predictionResult{high, low, right}, Failed},
	} {
		got := judgePredictions(&Lab{}, test.all)
		if got.Verdict != test.want || len(got.Table.Rows) != 3 || len(got.Table.Rows[0]) != 5 {
			t.Errorf("%s: judgePredictions = %+v, want %s", name, got, test.want)
		}
	}
}
