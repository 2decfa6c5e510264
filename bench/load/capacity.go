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

// easyRate is a rate, in requests a second, that every machine can send. What it can send at most is not measured for
// less.
const easyRate = 20_000

// CheckRates returns an error if the plan has a rate that its engine cannot send on this machine, however fast the
// target is. It takes a moment if the rate is high.
func CheckRates(ctx context.Context, p plan.Plan) error {
	highest := 0.0
	for _, c := range p.Cells {
		if c.Load.Kind == plan.Open && !p.Searched {
			highest = max(highest, c.Load.RateRPS)
		}
	}
	if highest <= easyRate {
		return nil
	}
	most, err := capacity(ctx)
	if err != nil {
		return fmt.Errorf("measuring what the load generator can send: %w", err)
	}
	if highest <= most {
		return nil
	}
	return subject.InvalidOption("rate", "%s: the load generator can send about %s on this machine, whatever the target: "+
		"plan a lower rate", units.PlannedRate(highest), units.Rate(most))
}

// rateOf is how many requests a second take a whole core, of the CPU that each took, in µs; the least of several
// measurements is the one that other programs disturbed least.
func rateOf(cpu []float64) float64 {
	if len(cpu) == 0 {
		return math.Inf(1)
	}
	return 1e6 / slices.Min(cpu)
}
