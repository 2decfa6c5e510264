package calibrate

import (
	"context"
	"time"

	"forktax/bench/record"
)

// lagExam asks how much too late the generator sends what is due.
var lagExam = exam{Property{
	Name: "lag", About: "p99 of how much too late the generator sends, at 500 requests a second",
	Must: "at most 1 ms", Aim: "at most 0.1 ms",
	Takes: func(l *Lab) time.Duration { return pick(l, 7*time.Second, time.Minute) },
}, takeLag}

func takeLag(ctx context.Context, c *candidate) (Outcome, error) {
	visits := by(c, 2, 6, 50)
	var lags []float64
	for visit := range visits {
		sight, err := c.watch(ctx, scene{ask: Ask{Time: time.Millisecond}, load: poisson(500, 100), length: time.Second,
			seed: c.Seed + uint64(visit)})
		if err != nil {
			return Outcome{}, err
		}
		lags = append(lags, milliseconds(rank(of(sight.seen, record.Observation.Lag), 0.99)))
		c.step(float64(visit+1) / float64(visits))
	}
	return judged("Poisson arrivals, visits of a second; the p99 of each.",
		over("lag p99", "ms", lags, atMost(1), atMost(0.1))), nil
}
