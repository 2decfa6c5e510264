package calibrate

import (
	"context"
	"fmt"
	"time"

	"forktax/bench/record"
)

// mixtureExam holds the percentiles that the client sees against those of the same requests as the server recorded
// them.
var mixtureExam = exam{Property{
	Name: "truth", About: "p50 to p99 of service times against what a ground-truth server really did",
	Must: "within 2 %, service times from 5 ms on", Aim: "within 0.5 %",
	Takes: func(l *Lab) time.Duration { return pick(l, 8*time.Second, 30*time.Second) },
}, takeMixture}

func takeMixture(ctx context.Context, c *candidate) (Outcome, error) {
	percentiles := []float64{0.5, 0.75, 0.9, 0.95, 0.99}
	visits := by(c, 1, 6, 24)
	off := make([][]float64, len(percentiles))
	var sights []*sight
	n := 0
	for visit := range visits {
		sight, err := c.watch(ctx, scene{load: poisson(500, 200), length: 1200 * time.Millisecond,
			seed: c.Seed + uint64(visit), ask: Ask{Time: 5 * time.Millisecond, Spread: 8 * time.Millisecond,
				Halves: true, Seed: c.Seed + uint64(visit)}})
		if err != nil {
			return Outcome{}, err
		}
		sights = append(sights, sight)
		seen, real := of(sight.seen, record.Observation.Service), took(sight.real)
		n += len(seen)
		for i, q := range percentiles {
			off[i] = append(off[i], 100*(float64(rank(seen, q))/float64(rank(real, q))-1))
		}
		c.step(float64(visit+1) / float64(visits))
	}
	var measures []Measure
	for i, q := range percentiles {
		measures = append(measures, over(fmt.Sprintf("p%g off by", q*100), "%", off[i], about(0, 2), about(0, 0.5)))
	}
	return excused(judged(fmt.Sprintf("%d requests at 500 a second, served for 5 ms and an exponential time of 8 ms "+
		"in the mean; the head of each answer comes at once, its end when it is due. What the client sees more is the "+
		"way there and back.", n), measures...), sights...), nil
}
