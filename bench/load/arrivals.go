package load

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"forktax/bench/plan"
)

// Names of the arrival processes of an open loop, the values of Load.Arrivals. Those of bursts are burst:N.
const (
	Poisson  = "poisson"  // independent users: exponentially distributed gaps
	Constant = "constant" // equal gaps
)

// maxArrivals bounds the memory of a plan, at 8 bytes per arrival.
const maxArrivals = 50_000_000

// Arrivals returns the intended times of the requests of an open loop, as ascending offsets from the start of the
// block. It returns the arrivals before length, and more if these are fewer than minRequests. The result depends only
// on the arguments, so both sides of a pair get the same arrivals.
func Arrivals(l plan.Load, length time.Duration, minRequests int, seed uint64) ([]time.Duration, error) {
	if !(l.RateRPS > 0) || math.IsInf(l.RateRPS, 0) {
		return nil, fmt.Errorf("planning arrivals: rate %g/s: must be above 0", l.RateRPS)
	}
	expected := max(l.RateRPS*length.Seconds(), float64(minRequests))
	if expected > maxArrivals {
		return nil, fmt.Errorf("planning arrivals: %.0f arrivals exceed the limit of %d: shorten the block or lower the rate",
			expected, maxArrivals)
	}
	gap := 1 / l.RateRPS // mean, in seconds
	switch l.Arrivals {
	case Poisson, "":
		return poisson(gap, length, minRequests, seed, int(expected)), nil
	case Constant:
		return constant(gap, length, minRequests, int(expected)), nil
	}
	if n, ok := l.Burst(); ok {
		return bursts(constant(gap*float64(n), length, (minRequests+n-1)/n, int(expected)/n), n), nil
	}
	return nil, fmt.Errorf("planning arrivals: unknown process %q: must be %q, %q or burst:N", l.Arrivals, Poisson,
		Constant)
}

// shareOf returns the arrivals of a part: every Of-th, from its number on. The union of all parts is the plan.
func shareOf(p plan.Part, arrivals []time.Duration) []time.Duration {
	if p.Of == 0 {
		return arrivals
	}
	share := arrivals[:0]
	for i := p.Number - 1; i < len(arrivals); i += p.Of {
		share = append(share, arrivals[i])
	}
	return share
}

// poisson draws arrivals from a Poisson process with the given mean gap in seconds. It allocates for expected arrivals
// plus four standard deviations, so that the slice rarely grows.
func poisson(gap float64, length time.Duration, minRequests int, seed uint64, expected int) []time.Duration {
	random := rand.New(rand.NewPCG(seed, 0x6172726976616c73)) // "arrivals": a separate stream of the run's seed
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

// bursts has n requests arrive at each of the instants.
func bursts(instants []time.Duration, n int) []time.Duration {
	plan := make([]time.Duration, 0, len(instants)*n)
	for _, due := range instants {
		for range n {
			plan = append(plan, due)
		}
	}
	return plan
}

// constant puts each arrival in the middle of its gap, so that none is at the start or end of the block, where rounding
// would decide whether it belongs to the block.
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
