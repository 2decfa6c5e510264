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

// An engineProperty is a property of a load engine: it compares the engine's observations with a reference. It is
// measured both for forktax's engine and for engines that are faulty on purpose.
type engineProperty struct {
	Property
	measure func(ctx context.Context, c *engineUnderTest) (Outcome, error)
}

// A depth is how thoroughly a property is measured.
type depth int

const (
	brief depth = iota // a few seconds, for faulty engines
	quick
	full
)

// An engineUnderTest is an engine of which a property is measured.
type engineUnderTest struct {
	*Lab
	*truthClient
	depth depth
	wrap  func(own load.Engine) load.Engine // makes the engine from forktax's own; nil: use that one
}

// engineProperties returns all engine properties in the order in which they are measured.
func engineProperties() []engineProperty {
	return []engineProperty{clockSlopeProperty, mixtureProperty, newConnectionsProperty, lagProperty, stallProperty,
		queueProperty, arrivalsProperty}
}

// ownEngineProperties returns the properties of forktax's engine, and the property that faulty engines fail them.
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

// noEngine is the text of an outcome where the engine does not exist.
const noEngine = "The epoll engine is not available on this system."

// run measures the property of the engine with its own ground-truth server.
func (e engineProperty) run(ctx context.Context, c *engineUnderTest) (o Outcome, err error) {
	if c.own() == nil {
		return Outcome{Verdict: Unmeasured, Measures: []Measure{}, Text: noEngine}, nil
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

// pickDepth returns the value for the depth: brief, quick or full.
func pickDepth[T any](c *engineUnderTest, b, q, f T) T { return [...]T{b, q, f}[c.depth] }

// engine returns a new engine.
func (c *engineUnderTest) engine() load.Engine {
	if c.wrap != nil {
		return c.wrap(c.own())
	}
	return c.own()
}

// maxTries is the number of attempts at a visit that is invalid for reasons other than the engine and the server.
const maxTries = 3

// visitValid makes a visit, and repeats it if it is invalid. Validity does not depend on the values observed.
func (c *engineUnderTest) visitValid(ctx context.Context, sc scenario) (*visitResult, error) {
	return c.visitValidBy(ctx, c.engine, sc)
}

// visitValidBy is visitValid with another engine.
func (c *engineUnderTest) visitValidBy(ctx context.Context, engine func() load.Engine, sc scenario) (
	*visitResult, error) {
	for try := 1; ; try++ {
		result, err := c.visit(ctx, c.truthClient, engine(), sc)
		if err != nil || result.invalidReasons() == "" || try == maxTries {
			return result, err
		}
	}
}

// invalidReasons returns why the visit is invalid; "" if it is valid. Failed requests do not make it invalid, nor does
// the expected reason.
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

// stealNoticed reports whether the hypervisor took so much CPU time that the report warns of it. Steal affects both
// sides of a comparison alike, but an engine property compares a single visit with a reference.
func (s *visitResult) stealNoticed() bool {
	return s.analysis != nil &&
		slices.ContainsFunc(s.analysis.Warnings, func(w analysis.Warning) bool { return w.Code == analysis.CodeSteal })
}

// unjudgedIfInvalid turns a failed outcome into an unjudged one if a visit that it rests on was invalid in all
// attempts.
func unjudgedIfInvalid(o Outcome, results ...*visitResult) Outcome {
	for _, s := range results {
		if why := s.invalidReasons(); why != "" && o.Verdict == Failed {
			o.Verdict, o.AimMet = Unjudged, nil
			o.Text += fmt.Sprintf(" A visit was invalid in all %d attempts (%s).", maxTries, why)
		}
	}
	return o
}

// visitsMeasure returns a measure over several visits: the Hodges–Lehmann estimate of their values, with the 95%
// confidence interval if there are enough of them.
func visitsMeasure(name, unit string, values []float64, must, aim *Range) Measure {
	m := Measure{Name: name, Unit: unit, N: len(values), Of: "visits", Must: must, Aim: aim,
		Value: stats.HodgesLehmann(values)}
	if iv, ok := stats.SignedRank(values, 0.95); ok {
		m.Low, m.High = &iv.Low, &iv.High
	}
	return m
}

// countMeasure returns a measure that is a count, k out of n. Its limit applies to the count itself.
func countMeasure(name string, k, n int, of string, must *Range) Measure {
	return Measure{Name: name, Value: float64(k), N: n, Of: of, Must: must, Counted: true}
}

// nearestRank returns the q-quantile of unsorted values by the nearest rank; 0 if there are none.
func nearestRank(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[stats.NearestRank(q, len(sorted))-1]
}

// valuesOf returns the value of each observation with a correct response.
func valuesOf(seen []record.Observation, value func(record.Observation) time.Duration) []time.Duration {
	var values []time.Duration
	for _, o := range seen {
		if o.Err == "" {
			values = append(values, value(o))
		}
	}
	return values
}

// serverTimes returns the service times that the server recorded for its correct responses.
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
