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

// An exam is a property of a load engine: it holds what the engine tells against what is known. The engine is made from
// our own, so that the same exam is taken by ours and by those that are wrong on purpose.
type exam struct {
	Property
	take func(ctx context.Context, c *candidate) (Outcome, error)
}

// A depth is how thorough an exam is.
type depth int

const (
	brief depth = iota // for the wrong ones: a few seconds
	quick
	full
)

// A candidate takes an exam.
type candidate struct {
	*Lab
	*server
	depth depth
	wrap  func(own load.Engine) load.Engine // nil: it is our own
}

// exams are all, in the order in which the wrong engines take them.
func exams() []exam {
	return []exam{gainExam, mixtureExam, freshExam, lagExam, stallExam, queueExam, arrivalsExam}
}

// driven are the exams as properties of our own engine, and that the wrong ones fail them.
func driven() []Property {
	var all []Property
	for _, e := range exams() {
		p := e.Property
		p.Run = func(ctx context.Context, l *Lab) (Outcome, error) {
			return e.sit(ctx, &candidate{Lab: l, depth: pick(l, quick, full)})
		}
		all = append(all, p)
	}
	return append(all, wrongProperty())
}

// sit has the candidate take the exam with a ground-truth server of its own.
func (e exam) sit(ctx context.Context, c *candidate) (o Outcome, err error) {
	if c.own() == nil {
		return Outcome{Verdict: Unmeasured, Measures: []Measure{}, Says: "This system has no engine for it."}, nil
	}
	if c.world != nil {
		return e.take(ctx, c)
	}
	s, stop, err := c.serve(ctx)
	if err != nil {
		return Outcome{}, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	c.server = s
	return e.take(ctx, c)
}

// by picks what a depth takes.
func by[T any](c *candidate, b, q, f T) T { return [...]T{b, q, f}[c.depth] }

// engine is the candidate's, made anew.
func (c *candidate) engine() load.Engine {
	if c.wrap != nil {
		return c.wrap(c.own())
	}
	return c.own()
}

// tries is how often a visit is made that was disturbed by what is neither the engine's doing nor the server's.
const tries = 3

// watch makes a visit, and makes it again if it was disturbed, which is told apart by rules that do not look at what
// came out.
func (c *candidate) watch(ctx context.Context, sc scene) (*sight, error) {
	for try := 1; ; try++ {
		sight, err := c.look(ctx, c.server, c.engine(), sc)
		if err != nil || sight.disturbed() == "" || try == tries {
			return sight, err
		}
	}
}

// disturbed says by what the visit was, if it was. A request that failed is no disturbance, nor is what is expected.
func (s *sight) disturbed() string {
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(s.accused)) {
		if reason != "errors" && reason != s.expected {
			reasons = append(reasons, reason)
		}
	}
	if s.stolen() {
		reasons = append(reasons, analysis.CodeSteal)
	}
	return strings.Join(reasons, ", ")
}

// stolen reports whether the hypervisor took so much of the CPU time that the report warns of it. The two sides of a
// comparison meet that alike; an exam holds one visit against what is known by other means.
func (s *sight) stolen() bool {
	return s.analysis != nil &&
		slices.ContainsFunc(s.analysis.Warnings, func(w analysis.Warning) bool { return w.Code == analysis.CodeSteal })
}

// excused makes a fail of one that could not be judged, if a visit that it rests on was disturbed each time.
func excused(o Outcome, sights ...*sight) Outcome {
	for _, s := range sights {
		if why := s.disturbed(); why != "" && o.Verdict == Failed {
			o.Verdict, o.AimMet = Unjudged, nil
			o.Says += fmt.Sprintf(" The machine disturbed it %d times (%s).", tries, why)
		}
	}
	return o
}

// over is a measure over several visits: where their values are centred, with the interval if they are enough for one.
func over(name, unit string, values []float64, must, aim *Range) Measure {
	m := Measure{Name: name, Unit: unit, N: len(values), Of: "visits", Must: must, Aim: aim,
		Value: stats.HodgesLehmann(values)}
	if iv, ok := stats.SignedRank(values, 0.95); ok {
		m.Low, m.High = &iv.Low, &iv.High
	}
	return m
}

// count is a measure that is a number of things out of n, judged as it is.
func count(name string, k, n int, of string, must *Range) Measure {
	return Measure{Name: name, Value: float64(k), N: n, Of: of, Must: must, Counted: true}
}

// rank is the exact nearest rank of unsorted values, 0 if there are none.
func rank(values []time.Duration, q float64) time.Duration {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[stats.NearestRank(q, len(sorted))-1]
}

// of is a value of each observation that has a right answer.
func of(seen []record.Observation, value func(record.Observation) time.Duration) []time.Duration {
	var values []time.Duration
	for _, o := range seen {
		if o.Err == "" {
			values = append(values, value(o))
		}
	}
	return values
}

// took is how long the answered requests took as the server knows it.
func took(real []Stamp) []time.Duration {
	var values []time.Duration
	for _, s := range real {
		if s.Answered > 0 && !s.Failed {
			values = append(values, s.Took())
		}
	}
	return values
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
