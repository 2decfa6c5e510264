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

// arrivalsProperty compares what an engine observed with what it was to do: each arrival of the plan is one
// observation, at its instant, whatever became of it.
var arrivalsProperty = engineProperty{Property{
	Name: "arrivals", About: "each planned arrival is one observation, also if its answer fails or does not come",
	Must:     "none is missing, moved or too many; Poisson; failures and timeouts counted",
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
	return newOutcome(fmt.Sprintf("%d arrivals at 500 a second, 4 connections, every tenth answer a failure, and a server "+
		"that stands still for 0.3 s while requests have 0.15 s.", len(plan)),
		countMeasure("arrivals without their observation, or observations without an arrival", different(plan, seen),
			len(plan), "arrivals", atMost(0)),
		Measure{Name: "distance of the gaps from an exponential distribution, times √n", Value: kolmogorov(seen,
			sc.load.RateRPS), N: len(seen), Of: "observations", Must: atMost(poissonLimit)},
		// The server also counts what it answered to a request that was given up just before.
		countMeasure("answers told as failed, off by", max(0, wrong-failed, failed-wrong-abandoned), failed,
			"failures of the server", atMost(math.Ceil(0.01*float64(failed)))),
		countMeasure("requests told as timed out", timeouts, len(seen), "observations", atLeast(float64(least))),
		countMeasure("of them before their time", early, timeouts, "timeouts", atMost(0)),
	), nil
}

// different counts the values that are in one of two lists and not in the other.
func different(a, b []time.Duration) int {
	surplus := map[time.Duration]int{} // of a over b
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

// poissonLimit is passed by chance once in 20,000 times: 2·exp(−2·2.3²) = 0.00005. Source: Kolmogorov's distribution,
// its first term.
const poissonLimit = 2.3

// kolmogorov is √n times the largest distance between the distribution of the gaps between ascending arrivals and the
// exponential one of a rate a second.
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
