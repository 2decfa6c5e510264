package load

import (
	"context"
	"fmt"
	"math"
	"slices"

	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/bench/units"
)

// easyRate is a rate, in requests per second, that every machine can send. For rates up to it the capacity is not
// measured.
const easyRate = 20_000

// CheckRates returns an error if the plan has a rate that its engine cannot send on this machine, even to the fastest
// target. If the rate is high, it measures the capacity, which takes about 100 ms.
func CheckRates(ctx context.Context, p plan.Plan) error {
	highest := 0.0
	for _, c := range p.Cells {
		if c.Load.Kind == plan.Open && !p.Searched {
			highest = max(highest, c.Load.RateRPS)
		}
	}
	parts := 1
	if p.Part.IsOne() { // this machine sends its share
		parts = p.Part.Of
	}
	highest /= float64(parts)
	if highest <= easyRate {
		return nil
	}
	most, err := capacity(ctx)
	if err != nil {
		return fmt.Errorf("measuring the capacity of the load generator: %w", err)
	}
	if highest <= most {
		return nil
	}
	whole := float64(parts)
	return subject.InvalidOption("rate", "%s: the load generator can send about %s on this machine%s: choose a lower rate",
		units.PlannedRate(highest*whole), units.Rate(most*whole), ofParts(parts))
}

// ofParts returns what follows the rate of several machines.
func ofParts(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf(" and %d like it", n-1)
}

// rateOf returns the rate, in requests per second, that uses one whole core. cpu holds measurements of the CPU time per
// request in µs; the smallest is used, as the one that other programs disturbed least.
func rateOf(cpu []float64) float64 {
	if len(cpu) == 0 {
		return math.Inf(1)
	}
	return 1e6 / slices.Min(cpu)
}
