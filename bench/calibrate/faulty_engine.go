package calibrate

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// A faultyEngine is a load engine with a deliberate fault that is common in load generators. A calibration that does
// not detect the fault proves nothing about an engine in which it detects none.
type faultyEngine struct {
	name     string
	property string // the property that detects the fault
	wrap     func(own load.Engine) load.Engine
	sound    func(own load.Engine) load.Engine // the same engine without the fault; nil: forktax's own
}

// alterEach returns a wrap function that edits the observations of an engine one by one.
func alterEach(edit func(o *record.Observation)) func(load.Engine) load.Engine {
	return alterObservations(func(_ load.Visit, seen []record.Observation) []record.Observation {
		for i := range seen {
			edit(&seen[i])
		}
		return seen
	})
}

func alterObservations(alter func(load.Visit, []record.Observation) []record.Observation) func(
	load.Engine) load.Engine {
	return func(own load.Engine) load.Engine { return alteredEngine{Engine: own, alterObservations: alter} }
}

func alterVisit(change func(load.Visit) load.Visit) func(load.Engine) load.Engine {
	return func(own load.Engine) load.Engine { return alteredEngine{Engine: own, alterVisit: change} }
}

func replacedBy(e naiveEngine) func(load.Engine) load.Engine {
	return func(load.Engine) load.Engine { return e }
}

// faultyEngines returns all faulty engines.
func faultyEngines() []faultyEngine {
	return []faultyEngine{
		{"a closed loop is reported as an open loop", "stall", alterVisit(func(v load.Visit) load.Visit {
			if v.Load.Kind == plan.Open {
				v.Load.Kind, v.Load.Concurrency = plan.Closed, 1
			}
			return v
		}), nil},
		{"response times start when the request is sent, without the wait for a connection", "stall",
			alterEach(func(o *record.Observation) { o.Intended = o.Sent }), nil},
		{"timeouts are dropped", "arrivals",
			alterObservations(func(_ load.Visit, seen []record.Observation) []record.Observation {
				return slices.DeleteFunc(seen, func(o record.Observation) bool { return o.Err == record.ErrTimeout })
			}), nil},
		{"it paces by sleeping, and takes the wake-up time for the planned time", "arrivals",
			replacedBy(naiveEngine{sleeps: true}), replacedBy(naiveEngine{})},
		{"percentiles are averaged over time slices", "stall", alterObservations(averaged), nil},
		{"connection setup is left out", "connect", replacedBy(naiveEngine{connects: true}), replacedBy(naiveEngine{})},
		{"the first byte is taken for the complete response", "truth", alterEach(func(o *record.Observation) {
			if o.FirstByte > 0 {
				o.Done = o.FirstByte
			}
		}), nil},
		{"failures count as successes", "arrivals", alterEach(func(o *record.Observation) { o.Err = "" }), nil},
		{"the slowest 1% is trimmed", "truth", alterObservations(trimmed), nil},
		{"its clock has a resolution of 1 ms", "gain", alterEach(func(o *record.Observation) {
			for _, t := range []*time.Duration{&o.Intended, &o.Sent, &o.FirstByte, &o.Done} {
				*t = t.Truncate(time.Millisecond)
			}
		}), nil},
		{"evenly spaced arrivals are reported as Poisson", "queue", alterVisit(func(v load.Visit) load.Visit {
			v.Load.Arrivals = plan.Constant
			return v
		}), nil},
		{"requests that are due while all connections are busy are skipped", "arrivals", replacedBy(naiveEngine{skips: true}),
			replacedBy(naiveEngine{})},
		{"it reads the clock only every 5 ms", "truth", alterEach(func(o *record.Observation) {
			const tick = 5 * time.Millisecond
			o.Done = (o.Done + tick - 1).Truncate(tick)
		}), nil},
	}
}

// averaged gives ten slices of a visit the same distribution: at each rank the mean over the slices.
func averaged(v load.Visit, seen []record.Observation) []record.Observation {
	const pieces = 10
	slices.SortFunc(seen, func(a, b record.Observation) int { return cmp.Compare(a.Intended, b.Intended) })
	n := len(seen) / pieces
	for p := range pieces {
		slices.SortFunc(seen[p*n:(p+1)*n], func(a, b record.Observation) int {
			return cmp.Compare(a.Response(), b.Response())
		})
	}
	for i := range n {
		var sum time.Duration
		for p := range pieces {
			sum += seen[p*n+i].Response()
		}
		for p := range pieces {
			o := &seen[p*n+i]
			o.Done = o.Intended + sum/pieces
			o.Sent, o.FirstByte = min(o.Sent, o.Done), min(o.FirstByte, o.Done)
		}
	}
	return seen
}

// trimmed leaves out the slowest 1% of the observations.
func trimmed(_ load.Visit, seen []record.Observation) []record.Observation {
	var responses []time.Duration
	for _, o := range seen {
		responses = append(responses, o.Response())
	}
	limit := nearestRank(responses, 0.99)
	return slices.DeleteFunc(seen, func(o record.Observation) bool { return o.Response() > limit })
}

func faultyProperty() Property {
	return Property{
		Name: "wrong", About: "deliberately faulty generators are rejected by the same properties that forktax's passes",
		Must:     fmt.Sprintf("all %d rejected", len(faultyEngines())),
		Duration: func(l *Lab) time.Duration { return pick(l, 45*time.Second, time.Minute) },
		Run:      measureFaulty,
	}
}

// measureFaulty measures, for each faulty engine, the property that detects its fault. The engine without the fault has
// to pass first; otherwise noise alone could reject any engine.
func measureFaulty(ctx context.Context, l *Lab) (Outcome, error) {
	if l.own() == nil {
		return Outcome{Verdict: Unmeasured, Measures: []Measure{}, Text: noEngine}, nil
	}
	all := faultyEngines()
	table := &Table{Header: []string{"fault", "rejected by", "reason"}}
	rejected, unfit := 0, 0
	for i, w := range all {
		right, found, err := w.measure(ctx, l)
		if err != nil {
			return Outcome{}, fmt.Errorf("measuring the faulty engine %q: %w", w.name, err)
		}
		row := []string{w.name, none, "it passed " + w.property}
		switch {
		case right.Verdict != Passed:
			unfit++
			row[2] = fmt.Sprintf("the engine without the fault did not pass %s: %s", w.property, right.worst())
		case found.Verdict == Failed:
			rejected++
			row[1], row[2] = w.property, found.worst()
		case found.Verdict != Passed:
			unfit++
			row[2] = "its visits were invalid in all attempts"
		}
		table.Rows = append(table.Rows, row)
		l.step(float64(i+1) / float64(len(all)))
	}
	o := newOutcome("Each was measured by a short version of the property, which the engine without the fault had just "+
		"passed.", countMeasure("rejected", rejected, len(all), "faulty generators", atLeast(float64(len(all)))))
	o.Table = table
	if o.Verdict == Failed && rejected+unfit == len(all) {
		o.Verdict = Unjudged
		o.Text += fmt.Sprintf(" The machine was too noisy for %d of them.", unfit)
	}
	return o, nil
}

// measure measures the engine without the fault (right), and then the faulty one (found). Because so short a
// measurement can fail by chance, the first is repeated until it passes, and the second until its visits are valid; at
// most maxTries times.
func (w faultyEngine) measure(ctx context.Context, l *Lab) (right, found Outcome, err error) {
	all := engineProperties()
	e := all[slices.IndexFunc(all, func(e engineProperty) bool { return e.Name == w.property })]
	try := func(wrap func(load.Engine) load.Engine, again func(verdict string) bool) (o Outcome, err error) {
		for range maxTries {
			o, err = e.run(ctx, &engineUnderTest{Lab: l.silent(), depth: brief, wrap: wrap})
			if err != nil || !again(o.Verdict) {
				break
			}
		}
		return o, err
	}
	right, err = try(w.sound, func(verdict string) bool { return verdict != Passed })
	if err != nil || right.Verdict != Passed {
		return right, found, err
	}
	found, err = try(w.wrap, func(verdict string) bool { return verdict == Unjudged })
	return right, found, err
}

// silent returns a copy of the lab that does not report progress, for a step of a larger measurement.
func (l *Lab) silent() *Lab {
	s := *l
	s.Progress = nil
	return &s
}

// worst describes the measure that is furthest beyond its limit, relative to the limit.
func (o Outcome) worst() string {
	worst, text := 0.0, o.Text
	for _, m := range o.Measures {
		if m.verdict() != Failed {
			continue
		}
		limit, beyond := 0.0, 0.0
		if m.Must.Most != nil && m.Value > *m.Must.Most {
			limit, beyond = *m.Must.Most, m.Value-*m.Must.Most
		} else if m.Must.Least != nil {
			limit, beyond = *m.Must.Least, *m.Must.Least-m.Value
		}
		if beyond /= max(math.Abs(limit), 1e-9); beyond > worst {
			worst, text = beyond, fmt.Sprintf("%s %s, limit %s", m.Name, m.value(), m.limit(m.Must))
		}
	}
	return text
}
