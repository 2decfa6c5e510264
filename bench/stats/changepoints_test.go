package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"forktax/bench/stats"
)

// normal draws n values around a mean.
func normal(r *rand.Rand, n int, mean, deviation float64) (x []float64) {
	for range n {
		x = append(x, mean+deviation*r.NormFloat64())
	}
	return x
}

func TestChangepoints(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, test := range map[string]struct {
		x    []float64
		want []int
	}{
		"nothing":      {nil, nil},
		"one value":    {[]float64{1}, nil},
		"three values": {[]float64{1, 1.01, 0.99}, nil},
		"equal":        {slices.Repeat([]float64{3}, 50), nil},
		"flat":         {normal(r, 200, 5, 0.05), nil},
		"a step": {slices.Concat(slices.Repeat([]float64{1, 1.02, 0.98}, 10),
			slices.Repeat([]float64{2, 2.02, 1.98}, 10)), []int{30}},
		"two steps": {slices.Concat(normal(r, 40, 3, 0.02), normal(r, 40, 2, 0.02), normal(r, 40, 1, 0.02)),
			[]int{40, 80}},
		"another variance": {slices.Concat(slices.Repeat([]float64{-0.01, 0.01}, 50),
			slices.Repeat([]float64{-1, 1}, 50)), []int{100}},
	} {
		if got := stats.Changepoints(test.x, 15*math.Log(float64(len(test.x)))); !slices.Equal(got, test.want) {
			t.Errorf("%s: changes at %v, want %v", name, got, test.want)
		}
	}
}

// Pruning does not lose the optimum: an exhaustive search finds no cheaper segmentation.
func TestChangepointsAreTheBest(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var x []float64
		for len(x) < 12 {
			x = append(x, normal(r, 1+r.IntN(6), float64(r.IntN(3)), 0.3*r.Float64())...)
		}
		penalty := 6 * r.Float64()
		got := stats.Changepoints(x, penalty)
		if cost, least := costOf(x, got, penalty), leastCost(x, penalty); cost > least+1e-9 {
			t.Fatalf("%v at %v costs %g, and %g can be had", x, got, cost, least)
		}
	}
}

// costOf returns the cost of the segments that begin at the cuts.
func costOf(x []float64, cuts []int, penalty float64) float64 {
	total, begin := -penalty, 0
	for _, end := range append(slices.Clone(cuts), len(x)) {
		if end-begin < 2 {
			return math.Inf(1)
		}
		n, mean, variance := float64(end-begin), 0.0, 0.0
		for _, v := range x[begin:end] {
			mean += v / n
		}
		for _, v := range x[begin:end] {
			variance += (v - mean) * (v - mean) / n
		}
		total += n*(math.Log(max(variance, 1e-6))+variance/max(variance, 1e-6)) + penalty
		begin = end
	}
	return total
}

func leastCost(x []float64, penalty float64) float64 {
	least := math.Inf(1)
	for set := range 1 << (len(x) - 1) {
		var cuts []int
		for i := 1; i < len(x); i++ {
			if set>>(i-1)&1 == 1 {
				cuts = append(cuts, i)
			}
		}
		least = min(least, costOf(x, cuts, penalty))
	}
	return least
}
