package calibrate

import (
	"context"
	"fmt"
	"math"
	"time"

	"forktax/bench/load"
	"forktax/bench/record"
)

// queueProperty compares the mean response time with queueing theory: one server with a constant service time s and
// Poisson arrivals (M/D/1).
var queueProperty = engineProperty{Property{
	Name: "queue", About: "mean response time of a serial server at 50% utilization against M/D/1",
	Must: "within 10%", Aim: "within 3%",
	Duration: func(l *Lab) time.Duration { return pick(l, 21*time.Second, 4*time.Minute) },
}, measureQueue}

// A queue has one server with a constant service time s.
type queue struct {
	service time.Duration
	rho     float64 // ρ, the share of the time in which the server is busy
}

// sojourn returns the mean response time by Pollaczek and Khinchine: s + ρs/(2(1−ρ)).
func (q queue) sojourn() time.Duration {
	return q.service + time.Duration(q.rho*float64(q.service)/(2*(1-q.rho)))
}

// chance returns the standard deviation of the mean response time of n requests at ρ = 0.5, as a share of the mean:
// 1.21/√n. The factor is larger than for independent requests, because neighbours in a queue wait for similar times. In
// 3,000 simulated queues of 2,000 to 30,000 requests the variance of the mean was 3.3·s²/n, and √3.3/1.5 = 1.21.
func (q queue) chance(n int) float64 { return 1.21 / math.Sqrt(float64(n)) }

// ideal returns the mean response time for these arrivals by Lindley's recursion: service begins on arrival, or when
// the request before is done. It depends on chance only through the arrivals.
func (q queue) ideal(arrivals []time.Duration) time.Duration {
	var free, sum time.Duration
	for _, at := range arrivals {
		free = max(free, at) + q.service
		sum += free - at
	}
	return sum / time.Duration(max(len(arrivals), 1))
}

func measureQueue(ctx context.Context, c *engineUnderTest) (Outcome, error) {
	q := queue{2 * time.Millisecond, 0.5}
	rate := q.rho / q.service.Seconds()
	result, err := c.visitValid(ctx, scenario{service: ServiceSpec{Time: q.service, Serial: true, Spin: true},
		load: poisson(rate, 1000), length: pickDepth(c, 4*time.Second, 20*time.Second, 4*time.Minute), seed: c.Seed})
	if err != nil {
		return Outcome{}, err
	}
	arrivals, err := load.Arrivals(result.visit.Load, result.visit.Length, result.visit.MinRequests, result.visit.Seed)
	if err != nil {
		return Outcome{}, err
	}
	responses := valuesOf(result.seen, record.Observation.Response)
	var sum time.Duration
	for _, r := range responses {
		sum += r
	}
	mean := float64(sum) / float64(len(responses))
	ideal := Measure{Name: "error of the mean against an ideal queue with the same arrivals", Unit: "%", N: len(responses),
		Of: "requests", Value: 100 * (mean/float64(q.ideal(arrivals)) - 1), Must: about(0, 10), Aim: about(0, 3)}
	measures := []Measure{ideal}
	chance := 196 * q.chance(len(responses))
	if c.depth != brief { // a brief visit has a random error as large as the limit
		theory := ideal
		theory.Name, theory.Value = "error of the mean against M/D/1", 100*(mean/float64(q.sojourn())-1)
		theory.Low, theory.High = new(theory.Value-chance), new(theory.Value+chance)
		measures = []Measure{theory, ideal}
	}
	return unjudgedIfInvalid(newOutcome(fmt.Sprintf("s = %v, ρ = %g, so s + ρs/(2(1−ρ)) = %v; the mean was %.3g ms. "+
		"With %d requests its random error is up to ±%.1f%% (95%%). The comparison with an ideal queue with the same "+
		"arrivals is free of this error.",
		q.service, q.rho, q.sojourn(), mean/1e6, len(responses), chance), measures...), result), nil
}
