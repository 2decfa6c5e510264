package calibrate

import (
	"context"
	"time"

	"forktax/bench/record"
)

// lagProperty measures how late the generator sends requests.
var lagProperty = engineProperty{Property{
	Name: "lag", About: "p99 of the generator's delay in sending a request, at 500 req/s",
	Must: "at most 1 ms", Aim: "at most 0.1 ms",
	Duration: func(l *Lab) time.Duration { return pick(l, 7*time.Second, time.Minute) },
}, measureLag}

func measureLag(ctx context.Context, c *engineUnderTest) (Outcome, error) {
	visits := pickDepth(c, 2, 6, 50)
	var lags []float64
	for visit := range visits {
		result, err := c.visitValid(ctx, scenario{service: ServiceSpec{Time: time.Millisecond}, load: poisson(500, 100),
			length: time.Second, seed: c.Seed + uint64(visit)})
		if err != nil {
			return Outcome{}, err
		}
		lags = append(lags, milliseconds(nearestRank(valuesOf(result.seen, record.Observation.Lag), 0.99)))
		c.step(float64(visit+1) / float64(visits))
	}
	return newOutcome("Poisson arrivals in visits of 1 s; the p99 of each visit.",
		visitsMeasure("lag p99", "ms", lags, atMost(1), atMost(0.1))), nil
}
