package sequential_test

import (
	"math"
	"testing"

	"forktax/bench/stats/sequential"
)

// NoiseOf recovers the noise of a simulated series, within the error for its number of starts.
func TestNoiseOf(t *testing.T) {
	for name, test := range map[string]struct {
		pair, start float64 // standard deviations
		pairs       int
	}{
		"pairs alone":        {0.1, 0, 8},
		"starts alone":       {0, 0.05, 8},
		"both":               {0.1, 0.05, 16},
		"long starts":        {0.2, 0.02, 64},
		"an odd number each": {0.1, 0.05, 7},
	} {
		m := newMachine(1)
		m.pair, m.start = test.pair, test.start
		var s sequential.Series
		for range 800 {
			s = append(s, m.begin(0.3, test.pairs))
		}
		got := sequential.NoiseOf(s)
		// The Hodges–Lehmann estimate has up to π/3 times the variance of a mean.
		pair, start := test.pair*test.pair, test.start*test.start
		if got.Pair < 0.9*pair || got.Pair > 1.2*pair || math.Abs(got.Start-start) > 0.1*start+0.02*pair {
			t.Errorf("%s: NoiseOf = %+v, want %.5f and %.5f", name, got, pair, start)
		}
		var estimates []float64
		for range 150 {
			j := rule.Judge(sequential.Data{Gates: []sequential.Series{
				{m.begin(0, test.pairs), m.begin(0, test.pairs), m.begin(0, test.pairs)}}})
			estimates = append(estimates, j.Gates[0].Estimate)
		}
		n := float64(test.pairs)
		want, squares := got.StandardError([]float64{n, n, n}), 0.0
		for _, e := range estimates {
			squares += e * e / float64(len(estimates))
		}
		if found := math.Sqrt(squares); math.Abs(found/want-1) > 0.2 {
			t.Errorf("%s: the estimates of three starts vary by %.4f, StandardError = %.4f", name, found, want)
		}
	}
	got := sequential.NoiseOf(sequential.Series{{0.1}, {}, {0.3}, {0.2}})
	if got.Pair != 0 || math.Abs(got.Start-0.01) > 1e-12 {
		t.Errorf("NoiseOf single pairs = %+v, want Start 0.01 and Pair 0", got)
	}
}

// A change of the size of Detectable is found in most simulated checks, and a much smaller one is not.
func TestDetectable(t *testing.T) {
	r := sequential.Rule{Margin: 0.03, MustCatch: 0.5, Alpha: 0.01, Draws: 4096}
	const gates, starts, checks = 3, 48, 40
	const pair, start = 0.15, 0.02
	var pairs []float64
	for i := range starts {
		pairs = append(pairs, float64(int(3)<<(i/sequential.StartsAtOnce)))
	}
	noise := sequential.Noise{Pair: math.Pi / 3 * pair * pair, Start: start * start}
	change := r.Detectable(noise.StandardError(pairs), gates)
	r.MustCatch = change
	third := (1+r.Margin)*math.Pow((1+change)/(1+r.Margin), 1./3) - 1
	for _, test := range []struct {
		by          float64
		least, most int
	}{{change, 33, 40}, {third, 0, 12}} {
		m := newMachine(2) // the seeds are fixed, and so are the counts
		m.pair, m.start = pair, start
		found := 0
		for i := range checks {
			r.Seed = uint64(i)
			d := sequential.Data{Gates: make([]sequential.Series, gates), Ended: true}
			for _, n := range pairs {
				for g := range gates {
					d.Gates[g] = append(d.Gates[g], m.begin(map[bool]float64{true: test.by}[g == 1], int(n)))
				}
			}
			if r.Judge(d).Alarmed {
				found++
			}
		}
		if found < test.least || found > test.most {
			t.Errorf("+%.1f%% was found in %d of %d checks, want %d to %d", 100*test.by, found, checks, test.least,
				test.most)
		}
	}
}

func TestStartPairs(t *testing.T) {
	// 16 starts of 0.05 s and 16 of 0.1 s, each with an overhead of 0.05 s: 1.6 s and 2.4 s.
	got := sequential.StartPairs(4.01, 0.05, 0.05, 40)
	if len(got) != 32 || got[0] != 2 || got[15] != 2 || got[16] != 4 || got[31] != 4 {
		t.Errorf("StartPairs = %v, want 16 of 2 and 16 of 4", got)
	}
	if got := sequential.StartPairs(1, 0.05, 0.05, 1); len(got) != 9 && len(got) != 10 || got[0] != 1 {
		t.Errorf("StartPairs = %v, want at least one pair each", got)
	}
}
