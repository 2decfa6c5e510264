package calibrate

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"forktax/bench/load"
	"forktax/bench/record"
)

// arrivalsProperty compares the observations of an engine with the plan: each planned arrival has exactly one
// observation, at the planned time, even if the request fails.
var arrivalsProperty = engineProperty{Property{
	Name: "arrivals", About: "each planned arrival has one observation, even if the response fails or times out",
	Must:     "none missing, moved or duplicate; Poisson; failures and timeouts counted",
	Duration: func(l *Lab) time.Duration { return pick(l, 3*time.Second, 15*time.Second) },
}, measureArrivals}

func measureArrivals(ctx context.Context, c *engineUnderTest) (Outcome, error) {
	const timeout = 150 * time.Millisecond
	sc := scenario{service: ServiceSpec{Time: time.Millisecond, Fail: 10}, load: poisson(500, 4), seed: c.Seed,
		length: pickDepth(c, 2*time.Second, 2*time.Second, 10*time.Second)}
	sc.load.TimeoutNS = int64(timeout)
	sc.pause = standstill{sc.length / 2, 300 * time.Millisecond}
	result, err := c.visit(ctx, c.truthClient, c.engine(), sc)
	if err != nil {
		return Outcome{}, err
	}
	plan, err := load.Arrivals(result.visit.Load, result.visit.Length, result.visit.MinRequests, result.visit.Seed)
	if err != nil {
		return Outcome{}, err
	}
	var seen []time.Duration
	timeouts, early, abandoned, wrong, failed := 0, 0, 0, 0, 0
	for _, o := range result.seen {
		seen = append(seen, o.Intended)
		switch o.Err {
		case record.ErrTimeout:
			timeouts++
			if o.Response() < timeout {
				early++
			}
			if o.Sent < o.Done {
				abandoned++
			}
		case record.ErrWrongStatus:
			wrong++
		}
	}
	for _, s := range result.real {
		if s.Failed {
			failed++
		}
	}
	slices.Sort(seen)
	least := int((sc.pause.Length - timeout).Seconds() * sc.load.RateRPS / 2)
	return newOutcome(fmt.Sprintf("%d arrivals at 500 req/s on 4 connections. Every tenth response is a failure, and the "+
		"server stalls for 0.3 s while the timeout is 0.15 s.", len(plan)),
		countMeasure("arrivals without an observation, or observations without an arrival", different(plan, seen),
			len(plan), "arrivals", atMost(0)),
		Measure{Name: "Kolmogorov distance of the gaps from an exponential distribution, times √n", Value: kolmogorov(seen,
			sc.load.RateRPS), N: len(seen), Of: "observations", Must: atMost(poissonLimit)},
		// The server also counts failures that it sent for requests which had just timed out.
		countMeasure("responses reported as failed: difference to the server", max(0, wrong-failed, failed-wrong-abandoned),
			failed, "failures of the server", atMost(math.Ceil(0.01*float64(failed)))),
		countMeasure("requests reported as timed out", timeouts, len(seen), "observations", atLeast(float64(least))),
		countMeasure("timeouts reported too early", early, timeouts, "timeouts", atMost(0)),
	), nil
}

// different returns the number of values that are in only one of two lists.
func different(a, b []time.Duration) int {
	surplus := map[time.Duration]int{} // occurrences in a less those in b
	for _, at := range a {
		surplus[at]++
	}
	for _, at := range b {
		surplus[at]--
	}
	n := 0
	for _, more := range surplus {
		n += max(more, -more)
	}
	return n
}

// poissonLimit is exceeded by chance once in 20,000 times: 2·exp(−2·2.3²) = 0.00005. Source: the first term of
// Kolmogorov's distribution.
const poissonLimit = 2.3

// kolmogorov returns √n times the largest distance between the distribution of the gaps between ascending arrivals and
// the exponential distribution with rate events per second.
func kolmogorov(arrivals []time.Duration, rate float64) float64 {
	var gaps []float64
	last := time.Duration(0)
	for _, at := range arrivals {
		gaps = append(gaps, (at - last).Seconds())
		last = at
	}
	slices.Sort(gaps)
	n, d := float64(len(gaps)), 0.0
	for i, g := range gaps {
		f := -math.Expm1(-g * rate)
		d = max(d, f-float64(i)/n, float64(i+1)/n-f)
	}
	return d * math.Sqrt(n)
}
