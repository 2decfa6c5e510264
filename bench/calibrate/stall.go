package calibrate

import (
	"context"
	"fmt"
	"time"

	"forktax/bench/load"
	"forktax/bench/record"
)

// stallProperty pauses the server, and then the generator. In both cases a user would have waited, so the percentiles
// of the response time follow from arithmetic. A generator that omits requests while it waits (coordinated omission)
// fails.
var stallProperty = engineProperty{Property{
	Name: "stall", About: "response times while the server, or the generator, is paused for 0.5 s in 10 s",
	Must:     "p96 to p99.9 within max(10 ms, 3%) of theory; generator pauses not in service times, and flagged",
	Aim:      "within 1%",
	Duration: func(l *Lab) time.Duration { return time.Duration(pick(l, 1, 6)) * 33 * time.Second },
}, measureStall}

// A stall is a pause of length S in a visit of length T. Requests arrive evenly at a rate and are served for s each. A
// server that serves one request at a time has utilization ρ = rate·s; otherwise ρ is 0. Requests that arrive during
// the stall wait for its end, and for each other: the k-th has a response time of S − k·(1−ρ)/rate + s.
type stall struct {
	length, total, service time.Duration // S, T and s
	rho                    float64
}

// quantile returns Q(q) = S − (1−ρ)(1−q)T + s, which holds for q ≥ 1 − S/((1−ρ)T).
func (s stall) quantile(q float64) time.Duration {
	return s.length - time.Duration((1-s.rho)*(1-q)*float64(s.total)) + s.service
}

// stallRate is the rate in requests per second. It gives p99.9 enough observations, with small steps between them.
const stallRate = 400

func measureStall(ctx context.Context, c *engineUnderTest) (Outcome, error) {
	st := stall{length: 500 * time.Millisecond, total: 10 * time.Second, service: 250 * time.Microsecond}
	quantiles := []float64{0.96, 0.97, 0.98, 0.99, 0.995, 0.999}
	if c.depth == brief {
		st.length, st.total, quantiles = 200*time.Millisecond, 2*time.Second, quantiles[:4]
	}
	repeats := pickDepth(c, 1, 1, 6)
	stages := []struct {
		name        string
		connections int
		engine      load.Engine // nil: the engine under test
		serial      bool
	}{
		{"the server, many connections", 1000, nil, true},
		{"the server, few connections", 4, nil, true}, // requests wait for a connection, in the generator
		{"the generator", 1000, pausedEngine{c.Lab, st.total / 2, st.length}, false},
	}
	if c.depth == brief { // stalls of the server detect the faulty engines, and not all engines could be paused
		stages = stages[:2]
	}
	var measures []Measure
	var results []*visitResult
	for i, stage := range stages {
		off := make([][]float64, len(quantiles))
		var service []float64
		st.rho = 0
		if stage.serial {
			st.rho = stallRate * st.service.Seconds()
		}
		flagged := 0
		for repeat := range repeats {
			sc := scenario{service: ServiceSpec{Time: st.service, Serial: stage.serial},
				load: constant(stallRate, stage.connections), length: st.total, seed: c.Seed + uint64(repeat)}
			var result *visitResult
			var err error
			if stage.connections < stallRate/10 {
				sc.expected = "lag"
			}
			if stage.engine == nil {
				sc.pause = standstill{st.total / 2, st.length}
				result, err = c.visitValid(ctx, sc)
			} else {
				sc.expected = "lag"
				result, err = c.visitValidBy(ctx, func() load.Engine { return stage.engine }, sc)
			}
			if err != nil {
				return Outcome{}, err
			}
			results = append(results, result)
			flagged += min(result.invalid["lag"], 1)
			responses := valuesOf(result.seen, record.Observation.Response)
			for k, q := range quantiles {
				off[k] = append(off[k], milliseconds(nearestRank(responses, q)-st.quantile(q)))
			}
			service = append(service, milliseconds(nearestRank(valuesOf(result.seen, record.Observation.Service),
				quantiles[len(quantiles)-1])))
			c.step((float64(i) + float64(repeat+1)/float64(repeats)) / float64(len(stages)))
		}
		for k, q := range quantiles {
			want := milliseconds(st.quantile(q))
			measures = append(measures, visitsMeasure(fmt.Sprintf("%s: error of p%g (%.0f ms)", stage.name, q*100, want), "ms",
				off[k], about(0, max(10, 0.03*want)), about(0, 0.01*want)))
		}
		if stage.engine != nil {
			measures = append(measures,
				visitsMeasure(fmt.Sprintf("%s: service time p%g", stage.name, 100*quantiles[len(quantiles)-1]), "ms",
					service, atMost(milliseconds(st.length)/10), nil),
				countMeasure(stage.name+": flagged", flagged, repeats, "visits", atLeast(float64(repeats))))
		}
	}
	return unjudgedIfInvalid(newOutcome(fmt.Sprintf("A pause of S = %v in T = %v; %d evenly spaced req/s, each served "+
		"for s = %v. Q(q) = S − (1−ρ)(1−q)T + s, with ρ = %.1f if the server is paused, which serves one request at "+
		"a time, and ρ = 0 if the generator is.", st.length, st.total, stallRate, st.service, stallRate*st.service.Seconds()),
		measures...), results...), nil
}
