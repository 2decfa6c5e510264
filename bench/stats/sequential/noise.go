package sequential

import (
	"math"

	"forktax/bench/stats"
)

// A Noise holds the variances, in squared logarithms, that make the estimates of starts differ.
type Noise struct {
	Pair  float64 // variance of a pair within a start: what remains in the start's estimate, times the number of pairs
	Start float64 // variance of the effect that a start has on all of its pairs
}

// NoiseOf estimates the noise of a series, wherever it is centred. Pair follows from the difference between the
// estimates of the two halves of a start, which also holds for noise with heavy tails. Starts with fewer than two pairs
// do not contribute. If there are no others, all noise is attributed to the starts, so that longer starts promise no
// gain.
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

// StandardError returns the standard error of the estimate over starts with these numbers of pairs, which are also
// their weights.
func (n Noise) StandardError(pairs []float64) float64 {
	var weight, variance float64
	for _, m := range pairs {
		weight += m
		variance += m * m * (n.Start + n.Pair/m)
	}
	return math.Sqrt(variance) / weight
}

// power is the probability of finding the change that Detectable returns.
const power = 0.95

// Detectable returns the smallest change that 95% of checks find if their estimates have this standard error. It
// applies to a check that must catch this change, in one of this number of gates. It assumes normal estimates, and that
// the looks have spent all of alpha.
func (r Rule) Detectable(standardError float64, gates int) float64 {
	z := stats.NormalQuantile(1-r.Alpha/float64(gates)) + stats.NormalQuantile(power)
	return (1+r.Margin)*math.Exp(z*standardError) - 1
}

// StartPairs returns the number of pairs of each start in a check of this many seconds. Starts of stage k are measured
// for first·2^k seconds, and take overhead seconds more. PerSecond is the number of pairs per second of measuring.
func StartPairs(seconds, first, overhead, perSecond float64) (pairs []float64) {
	for used := 0.0; ; {
		length := first * float64(int(1)<<min(len(pairs)/StartsAtOnce, LongestStage))
		if used += length + overhead; used > seconds {
			return pairs
		}
		pairs = append(pairs, max(length*perSecond, 1))
	}
}
