package calibrate

import (
	"context"
	"fmt"
	"time"

	"forktax/bench/record"
)

// mixtureProperty compares percentiles of the client's service times with those that the server recorded for the same
// requests.
var mixtureProperty = engineProperty{Property{
	Name: "truth", About: "p50 to p99 of service times against those recorded by a ground-truth server",
	Must: "within 2%, service times from 5 ms on", Aim: "within 0.5%",
	Duration: func(l *Lab) time.Duration { return pick(l, 8*time.Second, 30*time.Second) },
}, measureMixture}

func measureMixture(ctx context.Context, c *engineUnderTest) (Outcome, error) {
	percentiles := []float64{0.5, 0.75, 0.9, 0.95, 0.99}
	visits := pickDepth(c, 1, 6, 24)
	off := make([][]float64, len(percentiles))
	var results []*visitResult
	n := 0
	for visit := range visits {
		result, err := c.visitValid(ctx, scenario{load: poisson(500, 200), length: 1200 * time.Millisecond,
			seed: c.Seed + uint64(visit), service: ServiceSpec{Time: 5 * time.Millisecond, Spread: 8 * time.Millisecond,
				Halves: true, Seed: c.Seed + uint64(visit)}})
		if err != nil {
			return Outcome{}, err
		}
		results = append(results, result)
		seen, real := valuesOf(result.seen, record.Observation.Service), serverTimes(result.real)
		n += len(seen)
		for i, q := range percentiles {
			off[i] = append(off[i], 100*(float64(nearestRank(seen, q))/float64(nearestRank(real, q))-1))
		}
		c.step(float64(visit+1) / float64(visits))
	}
	var measures []Measure
	for i, q := range percentiles {
		measures = append(measures, visitsMeasure(fmt.Sprintf("error of p%g", q*100), "%", off[i], about(0, 2),
			about(0, 0.5)))
	}
	return unjudgedIfInvalid(newOutcome(fmt.Sprintf("%d requests at 500 req/s. Service times are 5 ms plus an "+
		"exponential time with mean 8 ms. The server sends the response headers at once and the body when it is due. "+
		"The client's times include the round trip.", n), measures...), results...), nil
}
