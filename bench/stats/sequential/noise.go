package sequential

import (
	"math"

	"forktax/bench/stats"
)

// A Noise is what makes the estimates of starts differ: variances of logarithms of ratios.
type Noise struct {
	Pair  float64 // of a pair within a start, as far as it is left in the estimate of a start, times the pairs of it
	Start float64 // of what a start adds to all of its pairs
}

// NoiseOf works out the noise of a series, wherever it is centred. The part of the pairs is what the estimates of the two
// halves of a start differ by: so it holds for noise with heavy tails, too. Starts of fewer than two pairs tell nothing
// of it; if all are, all noise is taken to be of the starts, so that nothing is hoped of longer ones.
func NoiseOf(s Series) (n Noise) {
	var estimates, weights []float64
	var pair, halved float64
	for _, start := range s {
		if len(start) == 0 {
			continue
		}
		estimates, weights = append(estimates, stats.HodgesLehmann(start)), append(weights, float64(len(start)))
		if len(start) < 2 {
			continue
		}
		var halves [2][]float64
		for i, d := range start {
			halves[i%2] = append(halves[i%2], d)
		}
		// If a half of m pairs has the variance v/m, the difference of two has v/m₁ + v/m₂.
		off := stats.HodgesLehmann(halves[0]) - stats.HodgesLehmann(halves[1])
		pair += off * off / (1/float64(len(halves[0])) + 1/float64(len(halves[1])))
		halved++
	}
	if halved > 0 {
		n.Pair = pair / halved
	}
	var mean, squares, ofPairs float64
	for _, e := range estimates {
		mean += e / float64(len(estimates))
	}
	for i, e := range estimates {
		squares += (e - mean) * (e - mean) / float64(len(estimates)-1)
		ofPairs += n.Pair / weights[i] / float64(len(estimates))
	}
	n.Start = max(squares-ofPairs, 0)
	return n
}

// StandardError is that of the estimate over starts of so many pairs each, which weigh as many.
func (n Noise) StandardError(pairs []float64) float64 {
	var weight, variance float64
	for _, m := range pairs {
		weight += m
		variance += m * m * (n.Start + n.Pair/m)
	}
	return math.Sqrt(variance) / weight
}

// power is the probability with which a change is found that Detectable returns.
const power = 0.95

// Detectable returns the smallest change that is found in 95 % of the checks whose estimates have this standard error,
// if they have to catch it and it is the one of so many gates that changed. It supposes normal estimates, and that the
// looks have spent all of alpha.
func (r Rule) Detectable(standardError float64, gates int) float64 {
	z := stats.NormalQuantile(1-r.Alpha/float64(gates)) + stats.NormalQuantile(power)
	return (1+r.Margin)*math.Exp(z*standardError) - 1
}

// StartPairs returns how many pairs the starts of a check have that takes so long: starts of stage k are measured for
// first·2^k, and take overhead more; perSecond is how many pairs there are in a second of measuring.
func StartPairs(seconds, first, overhead, perSecond float64) (pairs []float64) {
	for used := 0.0; ; {
		length := first * float64(int(1)<<min(len(pairs)/StartsAtOnce, LongestStage))
		if used += length + overhead; used > seconds {
			return pairs
		}
		pairs = append(pairs, max(length*perSecond, 1))
	}
}
