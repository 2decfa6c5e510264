package calibrate

import (
	"context"
	"time"

	"forktax/bench/record"
)

// newConnectionsProperty makes one client send each request on a new connection. The client is always busy with a
// request or about to begin the next one. So time between two requests is time that belongs to neither: connection
// setup that was left out.
var newConnectionsProperty = engineProperty{Property{
	Name: "connect", About: "the time of a request on a new connection includes connection setup",
	Must:     "at most 25% of a client's time between two requests",
	Duration: func(l *Lab) time.Duration { return pick(l, 3*time.Second, 10*time.Second) },
}, measureNewConnections}

func measureNewConnections(ctx context.Context, c *engineUnderTest) (Outcome, error) {
	noReuse := closed(1)
	noReuse.NoReuse = true
	visits := pickDepth(c, 3, 6, 24)
	var between []float64
	for visit := range visits {
		result, err := c.visitValid(ctx, scenario{service: ServiceSpec{Time: 50 * time.Microsecond, Spin: true},
			load: noReuse, length: 1, minRequests: 300, seed: c.Seed + uint64(visit)})
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
	return newOutcome("The median gap between two requests, as a share of that gap plus the median service time.",
		visitsMeasure("time between requests", "%", between, atMost(25), nil)), nil
}
