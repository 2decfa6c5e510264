package calibrate

import (
	"context"
	"errors"
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
	return []engineProperty{clockSlopeProperty, mixtureProperty, newConnectionsProperty, lagProperty, stallProperty, queueProperty, arrivalsProperty}
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
		return Outcome{Verdict: Unmeasured, Measures: []Measure{}, Text: "This system has no engine for it."}, nil
	}
	if c.simulation != nil {
		return e.measure(ctx, c)
	}
	s, stop, err := c.serve(ctx)
	if err != nil {
		return Outcome{}, err
	}
	defer func() { err = errors.Join(err, stop()) }()
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
