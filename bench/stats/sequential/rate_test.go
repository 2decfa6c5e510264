package sequential_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"forktax/bench/stats/sequential"
)

// The error over many looks is the level and no more: with random labels of the same 96 starts, drawn 3,000 times, 5%
// alarm, within three standard deviations of 0.4 percentage points. There are only 200 draws, so that one too many at
// each of six looks would add 2.5 percentage points.
func TestRateOverLooks(t *testing.T) {
	const n, starts, draws = 3000, 96, 200
	random := rand.New(rand.NewPCG(11, 12))
	var sizes [starts]float64
	for i := range sizes {
		sizes[i] = random.NormFloat64()
	}
	alarms := 0
	for i := range n {
		s := make(sequential.Series, starts)
		for j := range s {
			s[j] = []float64{sizes[j] * float64(1-2*random.IntN(2))}
		}
		rule := sequential.Rule{MustCatch: 1e-9, Alpha: 0.05, Seed: uint64(i), Draws: draws}
		if rule.Judge(sequential.Data{Gates: []sequential.Series{s}, Ended: true}).Alarmed {
			alarms++
		}
	}
	if rate := 100 * float64(alarms) / n; math.Abs(rate-5) > 1.2 {
		t.Errorf("%.2f%% alarm, want 5 ± 1.2", rate)
	}
}
