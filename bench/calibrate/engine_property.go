package calibrate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/record"
	"forktax/bench/stats"
)

// An engineProperty is a property of a load engine: it compares what the engine observes with what is known. The engine
// is made from our own, so that the same is measured of ours and of those that are faulty on purpose.
type engineProperty struct {
	Property
	measure func(ctx context.Context, c *engineUnderTest) (Outcome, error)
}

// A depth is how thoroughly a property is measured.
type depth int

const (
	brief depth = iota // for the faulty ones: a few seconds
	quick
	full
)

// An engineUnderTest is an engine of which a property is measured.
type engineUnderTest struct {
	*Lab
	*truthClient
	depth depth
	wrap  func(own load.Engine) load.Engine // nil: it is our own
}

// engineProperties are all, in the order in which they are measured.
func engineProperties() []engineProperty {
	return []engineProperty{
		{Property{Name: "gain", About: "the slope of the client's service times over the server's, from 0.2 to 50 ms",
			Must: "1 ± 0.005, and no answer seen as faster than it was", Aim: "1 ± 0.001",
			Duration: takes(8*time.Second, time.Minute)}, measureClockSlope},
		{Property{Name: "truth", About: "p50 to p99 of service times against what a ground-truth server really did",
			Must: "within 2 %, service times from 5 ms on", Aim: "within 0.5 %",
			Duration: takes(8*time.Second, 30*time.Second)}, measureMixture},
		{Property{Name: "connect", About: "connecting is a part of a request on a new connection",
			Must:     "at most 25 % of the time of one client between two requests",
			Duration: takes(3*time.Second, 10*time.Second)}, measureNewConnections},
		{Property{Name: "lag", About: "p99 of how much too late the generator sends, at 500 requests a second",
			Must: "at most 1 ms", Aim: "at most 0.1 ms", Duration: takes(7*time.Second, time.Minute)}, measureLag},
		{Property{Name: "stall", About: "response times while the server, or the generator, stands still for 0.5 s in 10 s",
			Must: "p96 to p99.9 within max(10 ms, 3 %) of theory; of the generator: in no service time, and flagged",
			Aim:  "within 1 %", Duration: takes(33*time.Second, 6*33*time.Second)}, measureStall},
		{Property{Name: "queue", About: "mean response time of a serial server with Poisson arrivals, half busy, against M/D/1",
			Must: "within 10 %", Aim: "within 3 %", Duration: takes(21*time.Second, 4*time.Minute)}, measureQueue},
		{Property{Name: "arrivals", About: "each planned arrival is one observation, also if its answer fails or does not come",
			Must:     "none is missing, moved or too many; Poisson; failures and timeouts counted",
			Duration: takes(3*time.Second, 15*time.Second)}, measureArrivals},
	}
}

// ownEngineProperties are those of our own engine, and that the faulty ones fail them.
func ownEngineProperties() []Property {
	var all []Property
	for _, e := range engineProperties() {
		p := e.Property
		p.Run = func(ctx context.Context, l *Lab) (Outcome, error) {
			return e.run(ctx, &engineUnderTest{Lab: l, depth: pick(l, quick, full)})
		}
		all = append(all, p)
	}
	return append(all, faultyProperty())
}

// run measures the property of the engine with a ground-truth server of its own.
func (e engineProperty) run(ctx context.Context, c *engineUnderTest) (o Outcome, err error) {
	if c.own() == nil {
		return unable(Unmeasured, "This system has no engine for it."), nil
	}
	if c.simulation != nil {
		return e.measure(ctx, c)
	}
	s, stop, err := c.serve(ctx)
	if err != nil {
		return Outcome{}, err
	}
	defer func() {
		if failed := stop(); err == nil {
			err = failed
		}
	}()
	c.truthClient = s
	return e.measure(ctx, c)
}

// pickDepth picks the value of the depth.
func pickDepth[T any](c *engineUnderTest, b, q, f T) T { return [...]T{b, q, f}[c.depth] }

// engine makes the engine, another each time.
func (c *engineUnderTest) engine() load.Engine {
	if c.wrap != nil {
		return c.wrap(c.own())
	}
	return c.own()
}

// maxTries is how often a visit is made that is invalid for what is neither the engine's doing nor the server's.
const maxTries = 3

// visitValid makes a visit, and makes it again if it is invalid, by rules that do not look at what came out.
func (c *engineUnderTest) visitValid(ctx context.Context, sc scenario) (*visitResult, error) {
	for try := 1; ; try++ {
		result, err := c.visit(ctx, c.truthClient, c.engine(), sc)
		if err != nil || result.invalidReasons() == "" || try == maxTries {
			return result, err
		}
	}
}

// invalidReasons returns why the visit is invalid; "" if it is valid. A request that failed is no reason, nor is what
// is expected.
func (s *visitResult) invalidReasons() string {
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(s.invalid)) {
		if reason != "errors" && reason != s.expected {
			reasons = append(reasons, reason)
		}
	}
	if s.stealNoticed() {
		reasons = append(reasons, analysis.CodeSteal)
	}
	return strings.Join(reasons, ", ")
}

// stealNoticed reports whether the hypervisor took so much of the CPU time that the report warns of it. The two sides
// of a comparison meet that alike; an engine property compares one visit with what is known by other means.
func (s *visitResult) stealNoticed() bool {
	return s.analysis != nil &&
		slices.ContainsFunc(s.analysis.Warnings, func(w analysis.Warning) bool { return w.Code == analysis.CodeSteal })
}

// unjudgedIfInvalid makes a failed outcome one that could not be judged, if a visit that it rests on was invalid each
// time.
func unjudgedIfInvalid(o Outcome, results ...*visitResult) Outcome {
	for _, s := range results {
		if why := s.invalidReasons(); why != "" && o.Verdict == Failed {
			o.Verdict, o.AimMet = Unjudged, nil
			o.Text += fmt.Sprintf(" The machine disturbed it %d times (%s).", maxTries, why)
		}
	}
	return o
}

// visitsMeasure is a measure over several visits: where their values are centred, with the interval if they are enough
// for one.
func visitsMeasure(name, unit string, values []float64, must, aim *Range) Measure {
	m := Measure{Name: name, Unit: unit, N: len(values), Of: "visits", Must: must, Aim: aim,
		Value: stats.HodgesLehmann(values)}
	if iv, ok := stats.SignedRank(values, 0.95); ok {
		m.Low, m.High = &iv.Low, &iv.High
	}
	return m
}

// countMeasure is a measure that is a number of things out of n, judged as it is.
func countMeasure(name string, k, n int, of string, must *Range) Measure {
	return Measure{Name: name, Value: float64(k), N: n, Of: of, Must: must, Counted: true}
}

// nearestRank is the exact nearest rank of unsorted values, 0 if there are none.
func nearestRank(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[stats.NearestRank(q, len(sorted))-1]
}

// valuesOf is a value of each observation that has a right answer.
func valuesOf(seen []record.Observation, value func(record.Observation) time.Duration) []time.Duration {
	var values []time.Duration
	for _, o := range seen {
		if o.Err == "" {
			values = append(values, value(o))
		}
	}
	return values
}

// serverTimes is how long the answered requests took as the server knows it.
func serverTimes(real []Stamp) []time.Duration {
	var values []time.Duration
	for _, s := range real {
		if s.Answered > 0 && !s.Failed {
			values = append(values, s.Took())
		}
	}
	return values
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
