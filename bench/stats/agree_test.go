package stats_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"forktax/bench/stats"
)

func TestAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	scaled := func(by float64, x []float64) []float64 {
		x = slices.Clone(x)
		for i := range x {
			x[i] *= by
		}
		return x
	}
	steady := normal(r, 1000, 1e6, 5e4)
	wide := slices.Clone(steady)
	for i := range wide {
		wide[i] = 1e6 + 1.5*(wide[i]-1e6)
	}
	stalled := slices.Clone(steady)
	stalled[0] = 4e8 // one value in a thousand, of 0.4 s, raises the mean by 40%
	for name, test := range map[string]struct {
		before, after []float64
		want          bool
	}{
		"the same":              {steady, steady, true},
		"as noisy":              {steady, normal(r, 1000, 1e6, 5e4), true},
		"equal values":          {[]float64{7, 7, 7}, []float64{7, 7}, true},
		"nothing before":        {nil, steady, false},
		"nothing after":         {steady, nil, false},
		"4% faster":             {steady, scaled(0.96, steady), true},
		"8% faster":             {steady, scaled(0.92, steady), false},
		"8% slower":             {steady, scaled(1.08, steady), false},
		"wider":                 {steady, wide, false},
		"a stall after":         {steady, stalled, true},
		"a stall before":        {stalled, steady, false},
		"nothing, then a value": {[]float64{0, 0}, []float64{1, 1}, false},
		"a value, then nothing": {[]float64{1, 1}, []float64{0, 0}, false},
	} {
		if got := stats.Agree(test.before, test.after); got != test.want {
			t.Errorf("%s: Agree = %t, want %t", name, got, test.want)
		}
	}
}
