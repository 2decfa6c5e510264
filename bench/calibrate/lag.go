package calibrate

import (
	"context"
	"time"

	"forktax/bench/record"
)

// lagProperty asks how much too late the generator sends what is due.
var lagProperty = engineProperty{Property{
	Name: "lag", About: "p99 of how much too late the generator sends, at 500 requests a second",
	Must: "at most 1 ms", Aim: "at most 0.1 ms",
	Duration: func(l *Lab) time.Duration { return pick(l, 7*time.Second, time.Minute) },
}, measureLag}

func measureLag(ctx context.Context, c *engineUnderTest) (Outcome, error) {
	visits := pickDepth(c, 2, 6, 50)
	var lags []float64
	for visit := range visits {
		result, err := c.visitValid(ctx, scenario{service: ServiceSpec{Time: time.Millisecond}, load: poisson(500, 100), length: time.Second,
			seed: c.Seed + uint64(visit)})
		if err != nil {
			return Outcome{}, err
		}
		lags = append(lags, milliseconds(nearestRank(valuesOf(result.seen, record.Observation.Lag), 0.99)))
		c.step(float64(visit+1) / float64(visits))
	}
	return newOutcome("Poisson arrivals, visits of a second; the p99 of each.",
		visitsMeasure("lag p99", "ms", lags, atMost(1), atMost(0.1))), nil
}
