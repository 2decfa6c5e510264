package calibrate

import (
	"context"
	"time"

	"forktax/bench/record"
)

// newConnectionsProperty makes each request on a new connection, one client. Such a client is always either in a
// request or about to begin the next one, so time that lies between two requests is time that was left out of both:
// that of connecting.
var newConnectionsProperty = engineProperty{Property{
	Name: "connect", About: "connecting is a part of a request on a new connection",
	Must:     "at most 25 % of the time of one client between two requests",
	Duration: func(l *Lab) time.Duration { return pick(l, 3*time.Second, 10*time.Second) },
}, measureNewConnections}

func measureNewConnections(ctx context.Context, c *engineUnderTest) (Outcome, error) {
	anew := closed(1)
	anew.NoReuse = true
	visits := pickDepth(c, 3, 6, 24)
	var between []float64
	for visit := range visits {
		result, err := c.visitValid(ctx, scenario{service: ServiceSpec{Time: 50 * time.Microsecond, Spin: true}, load: anew, length: 1,
			minRequests: 300, seed: c.Seed + uint64(visit)})
		if err != nil {
			return Outcome{}, err
		}
		var gaps []time.Duration
		for i := range result.seen[:max(len(result.seen)-1, 0)] {
			gaps = append(gaps, result.seen[i+1].Sent-result.seen[i].Done)
		}
		gap, service := nearestRank(gaps, 0.5), nearestRank(valuesOf(result.seen, record.Observation.Service), 0.5)
		between = append(between, 100*float64(gap)/float64(gap+service))
		c.step(float64(visit+1) / float64(visits))
	}
	return newOutcome("Median of the time between two requests, over that and the median of a request.",
		visitsMeasure("between requests", "%", between, atMost(25), nil)), nil
}
