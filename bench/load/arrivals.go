package load

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"time"

	"forktax/bench/plan"
)

// maxArrivals bounds the memory of the arrivals of a generator, at 8 bytes per arrival.
const maxArrivals = 50_000_000

// Arrivals returns the intended times of the requests of an open loop, as ascending offsets from the start of the
// block. It returns the arrivals before length, and more if these are fewer than minRequests. The result depends only
// on the arguments, so both sides of a pair get the same arrivals.
func Arrivals(l plan.Load, length time.Duration, minRequests int, seed uint64) ([]time.Duration, error) {
	return arrivalsOf(plan.Part{}, l, length, minRequests, seed)
}

// arrivalsOf returns the arrivals of a part: every Of-th, from its number on. The union of all parts is the plan.
func arrivalsOf(p plan.Part, l plan.Load, length time.Duration, minRequests int, seed uint64) ([]time.Duration, error) {
	if !(l.RateRPS > 0) || math.IsInf(l.RateRPS, 0) {
		return nil, fmt.Errorf("planning arrivals: rate %g/s: must be above 0", l.RateRPS)
	}
	parts, first := max(p.Of, 1), max(p.Number, 1)-1
	expected := max(l.RateRPS*length.Seconds(), float64(minRequests)) / float64(parts)
	if expected > maxArrivals {
		return nil, fmt.Errorf("planning arrivals: %.0f arrivals exceed the limit of %d: shorten the block, lower the "+
			"rate, or use more parts", expected, maxArrivals)
	}
	gap, atOnce := 1/l.RateRPS, 1 // mean gap between instants, in seconds, and arrivals at each
	var instants iter.Seq[time.Duration]
	switch n, ok := l.Burst(); {
	case ok:
		gap, atOnce = gap*float64(n), n
		instants = constant(gap)
	case l.Arrivals == plan.Constant:
		instants = constant(gap)
	case l.Arrivals == plan.Poisson, l.Arrivals == "":
		instants = poisson(gap, seed)
	default:
		return nil, fmt.Errorf("planning arrivals: unknown process %q: must be %q, %q or burst:N", l.Arrivals,
			plan.Poisson, plan.Constant)
	}
	// The slice rarely grows: it has space for four standard deviations more.
	share := make([]time.Duration, 0, int(expected)+4*int(math.Sqrt(expected))+atOnce+8)
	all := 0
	for due := range instants {
		if due >= length && all >= minRequests {
			break
		}
		for range atOnce {
			if all%parts == first {
				share = append(share, due)
			}
			all++
		}
	}
	return share, nil
}

// poisson draws the instants of a Poisson process with the given mean gap in seconds.
func poisson(gap float64, seed uint64) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		random := rand.New(rand.NewPCG(seed, 0x6172726976616c73)) // "arrivals": a separate stream of the run's seed
		for at := random.ExpFloat64() * gap; yield(time.Duration(at * float64(time.Second))); {
			at += random.ExpFloat64() * gap
		}
	}
}

// constant puts each instant in the middle of its gap, so that none is at the start or end of the block, where rounding
// would decide whether it belongs to the block.
func constant(gap float64) iter.Seq[time.Duration] {
	return func(yield func(time.Duration) bool) {
		for i := 0; yield(time.Duration((float64(i) + 0.5) * gap * float64(time.Second))); {
			i++
		}
	}
}
