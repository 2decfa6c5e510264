package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"forktax/bench/plan"
)

// Names of the plans of an open loop, as Load.Arrivals has them.
const (
	Poisson  = "poisson"  // independent users: the gaps are exponential
	Constant = "constant" // a metronome: all gaps are the same
)

// maxArrivals bounds the memory of a plan, 8 bytes an arrival.
const maxArrivals = 50_000_000

// Arrivals returns when the requests of an open loop are due, as ascending offsets from the start of the block: those
// before length, and more if these are fewer than minRequests. The plan depends on nothing but its arguments, so both
// sides of a pair meet the same arrivals.
func Arrivals(l plan.Load, length time.Duration, minRequests int, seed uint64) ([]time.Duration, error) {
	if !(l.RateRPS > 0) || math.IsInf(l.RateRPS, 0) {
		return nil, fmt.Errorf("planning arrivals: the rate is %g a second and must be above 0", l.RateRPS)
	}
	expected := max(l.RateRPS*length.Seconds(), float64(minRequests))
	if expected > maxArrivals {
		return nil, fmt.Errorf("planning arrivals: %.0f of them are more than %d: make the block shorter or the rate lower",
			expected, maxArrivals)
	}
	gap := 1 / l.RateRPS // in seconds, the mean
	switch l.Arrivals {
	case Poisson, "":
		return poisson(gap, length, minRequests, seed, int(expected)), nil
	case Constant:
		return constant(gap, length, minRequests, int(expected)), nil
	}
	return nil, fmt.Errorf("planning arrivals %q: the plans are %q and %q", l.Arrivals, Poisson, Constant)
}

// poisson draws a Poisson process. expected sizes the plan; four standard deviations more make growing it rare.
func poisson(gap float64, length time.Duration, minRequests int, seed uint64, expected int) []time.Duration {
	random := rand.New(rand.NewPCG(seed, 0x6172726976616c73)) // "arrivals": a stream of its own under the run's seed
	plan := make([]time.Duration, 0, expected+4*int(math.Sqrt(float64(expected)))+8)
	at := 0.0
	for {
		at += random.ExpFloat64() * gap
		due := time.Duration(at * float64(time.Second))
		if due >= length && len(plan) >= minRequests {
			return plan
		}
		plan = append(plan, due)
	}
}

// constant puts each arrival in the middle of its gap, so that none falls on the block's start or end, where a rounding
// error would decide whether it belongs to the block.
func constant(gap float64, length time.Duration, minRequests, expected int) []time.Duration {
	plan := make([]time.Duration, 0, expected+2)
	for {
		due := time.Duration((float64(len(plan)) + 0.5) * gap * float64(time.Second))
		if due >= length && len(plan) >= minRequests {
			return plan
		}
		plan = append(plan, due)
	}
}
