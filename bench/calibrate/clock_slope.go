package calibrate

import (
	"context"
	"math"
	"time"

	"forktax/bench/record"
)

// clockSlopeProperty sends requests of known lengths, from 0.2 to 50 ms. The client's service time plotted against the
// server's is a straight line: its intercept is the round trip, and its slope is the gain of the client's clock.
var clockSlopeProperty = engineProperty{Property{
	Name: "gain", About: "the slope of the client's service times over the server's, from 0.2 to 50 ms",
	Must: "1 ± 0.005, and no response faster than on the server", Aim: "1 ± 0.001",
	Duration: func(l *Lab) time.Duration { return pick(l, 8*time.Second, time.Minute) },
}, measureClockSlope}

// slopeLevels are the lengths, and the number of requests of each for one line. The shortest have the most requests,
// because those take hardly any time.
var slopeLevels = []struct {
	time time.Duration
	n    int
}{{200 * time.Microsecond, 21}, {time.Millisecond, 15}, {5 * time.Millisecond, 9}, {20 * time.Millisecond, 7},
	{50 * time.Millisecond, 5}}

func measureClockSlope(ctx context.Context, c *engineUnderTest) (Outcome, error) {
	lines := pickDepth(c, 2, 12, 80)
	var slopes []float64
	faster, compared, lost := 0, 0, 0
	for line := range lines {
		var x, y []float64
		for _, level := range slopeLevels {
			result, err := c.visitValid(ctx, scenario{service: ServiceSpec{Time: level.time}, load: closed(1), length: 1,
				minRequests: level.n, seed: c.Seed + uint64(line)})
			if err != nil {
				return Outcome{}, err
			}
			if len(result.seen) != len(result.real) {
				lost++
				continue
			}
			for i, o := range result.seen {
				compared++
				if o.Service() < result.real[i].Took() {
					faster++
				}
			}
			x = append(x, milliseconds(nearestRank(serverTimes(result.real), 0.5)))
			y = append(y, milliseconds(nearestRank(valuesOf(result.seen, record.Observation.Service), 0.5)))
		}
		slopes = append(slopes, slope(x, y))
		c.step(float64(line+1) / float64(lines))
	}
	return newOutcome("Requests of five lengths, one after the other; the least-squares slope of the medians. No client "+
		"can see a response before the server wrote it, whatever the noise.",
		visitsMeasure("slope", "", slopes, about(1, 0.005), about(1, 0.001)),
		countMeasure("responses faster than on the server", faster, compared, "responses", atMost(0)),
		countMeasure("visits without exactly one observation per request", lost, lines*len(slopeLevels), "visits",
			atMost(0))), nil
}

// slope returns the least-squares slope of the line through the points: Σ(x−x̄)(y−ȳ) / Σ(x−x̄)².
func slope(x, y []float64) float64 {
	var mx, my float64
	for i := range x {
		mx += x[i] / float64(len(x))
		my += y[i] / float64(len(x))
	}
	var xy, xx float64
	for i := range x {
		xy += (x[i] - mx) * (y[i] - my)
		xx += (x[i] - mx) * (x[i] - mx)
	}
	if xx == 0 {
		return math.NaN()
	}
	return xy / xx
}
