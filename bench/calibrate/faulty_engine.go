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

// A faultyEngine is a load engine that is wrong on purpose, in a way in which load generators are. A lab that does not
// find it out proves nothing when it finds nothing wrong with ours.
type faultyEngine struct {
	name     string
	property string // that its fault is about
	wrap     func(own load.Engine) load.Engine
	sound    func(own load.Engine) load.Engine // without the fault; nil: our own
}

// alterEach edits the observations of our own engine one by one.
func alterEach(edit func(o *record.Observation)) func(load.Engine) load.Engine {
	return alterObservations(func(_ load.Visit, seen []record.Observation) []record.Observation {
		for i := range seen {
			edit(&seen[i])
		}
		return seen
	})
}

func alterObservations(told func(load.Visit, []record.Observation) []record.Observation) func(load.Engine) load.Engine {
	return func(own load.Engine) load.Engine { return alteredEngine{Engine: own, alterObservations: told} }
}

func alterVisit(change func(load.Visit) load.Visit) func(load.Engine) load.Engine {
	return func(own load.Engine) load.Engine { return alteredEngine{Engine: own, alterVisit: change} }
}

func replacedBy(e naiveEngine) func(load.Engine) load.Engine {
	return func(load.Engine) load.Engine { return e }
}

// faultyEngines are all of them.
func faultyEngines() []faultyEngine {
	return []faultyEngine{
		{"a closed loop is sold as an open one", "stall", alterVisit(func(v load.Visit) load.Visit {
			if v.Load.Kind == plan.Open {
				v.Load.Kind, v.Load.Concurrency = plan.Closed, 1
			}
			return v
		}), nil},
		{"requests count from when they were sent, after they queued", "stall",
			alterEach(func(o *record.Observation) { o.Intended = o.Sent }), nil},
		{"timeouts are dropped", "arrivals",
			alterObservations(func(_ load.Visit, seen []record.Observation) []record.Observation {
				return slices.DeleteFunc(seen, func(o record.Observation) bool { return o.Err == record.ErrTimeout })
			}), nil},
		{"it paces by sleeping, and takes when it wakes for the plan", "arrivals", replacedBy(naiveEngine{sleeps: true}),
			replacedBy(naiveEngine{})},
		{"percentiles are averaged over pieces of the time", "stall", alterObservations(averaged), nil},
		{"connecting is left out", "connect", replacedBy(naiveEngine{connects: true}), replacedBy(naiveEngine{})},
		{"the first byte is sold as the whole answer", "truth", alterEach(func(o *record.Observation) {
			if o.FirstByte > 0 {
				o.Done = o.FirstByte
			}
		}), nil},
		{"failures count as answers", "arrivals", alterEach(func(o *record.Observation) { o.Err = "" }), nil},
		{"the slowest hundredth is trimmed", "truth", alterObservations(trimmed), nil},
		{"its clock counts milliseconds", "gain", alterEach(func(o *record.Observation) {
			for _, t := range []*time.Duration{&o.Intended, &o.Sent, &o.FirstByte, &o.Done} {
				*t = t.Truncate(time.Millisecond)
			}
		}), nil},
		{"arrivals at even distances are sold as Poisson", "queue", alterVisit(func(v load.Visit) load.Visit {
			v.Load.Arrivals = load.Constant
			return v
		}), nil},
		{"what is due while all connections are busy is skipped", "arrivals", replacedBy(naiveEngine{skips: true}),
			replacedBy(naiveEngine{})},
		{"it reads the clock only every 5 ms", "truth", alterEach(func(o *record.Observation) {
			const tick = 5 * time.Millisecond
			o.Done = (o.Done + tick - 1).Truncate(tick)
		}), nil},
	}
}

// averaged has the same distribution in all of ten pieces: at each rank the mean of theirs.
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

// trimmed leaves out the slowest hundredth of what was answered.
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
		Name: "wrong", About: "generators that are wrong on purpose are found out by the exams that ours passes",
		Must:     fmt.Sprintf("all of %d rejected", len(faultyEngines())),
		Duration: func(l *Lab) time.Duration { return pick(l, 45*time.Second, time.Minute) },
		Run:      measureFaulty,
	}
}

// measureFaulty measures, of each faulty engine, the property that its fault is about, after one without the fault has
// passed: else any engine would be found out by the noise.
func measureFaulty(ctx context.Context, l *Lab) (Outcome, error) {
	if l.own() == nil {
		return Outcome{Verdict: Unmeasured, Measures: []Measure{}, Text: "This system has no engine for it."}, nil
	}
	all := faultyEngines()
	table := &Table{Header: []string{"what is wrong with it", "found out by", "because"}}
	rejected, unfit := 0, 0
	for i, w := range all {
		right, found, err := w.measure(ctx, l)
		if err != nil {
			return Outcome{}, fmt.Errorf("examining the engine in which %s: %w", w.name, err)
		}
		row := []string{w.name, none, "it passed " + w.property}
		switch {
		case right.Verdict != Passed:
			unfit++
			row[2] = fmt.Sprintf("one without the fault did not pass %s: %s", w.property, right.worst())
		case found.Verdict == Failed:
			rejected++
			row[1], row[2] = w.property, found.worst()
		case found.Verdict != Passed:
			unfit++
			row[2] = "the machine disturbed it each time"
		}
		table.Rows = append(table.Rows, row)
		l.step(float64(i+1) / float64(len(all)))
	}
	o := newOutcome("Each took a short form of an exam, which an engine without its fault had passed just before.",
		countMeasure("rejected", rejected, len(all), "wrong generators", atLeast(float64(len(all)))))
	o.Table = table
	if o.Verdict == Failed && rejected+unfit == len(all) {
		o.Verdict = Unjudged
		o.Text += fmt.Sprintf(" For %d of them the machine was too noisy.", unfit)
	}
	return o, nil
}

// measure measures one without the fault, and then the faulty one. What is so short can fail by chance, so
// that the first may try again until it passes, and the second until its visits are valid.
func (w faultyEngine) measure(ctx context.Context, l *Lab) (right, found Outcome, err error) {
	all := engineProperties()
	e := all[slices.IndexFunc(all, func(e engineProperty) bool { return e.Name == w.property })]
	sit := func(wrap func(load.Engine) load.Engine, again func(verdict string) bool) (o Outcome, err error) {
		for range maxTries {
			o, err = e.run(ctx, &engineUnderTest{Lab: l.silent(), depth: brief, wrap: wrap})
			if err != nil || !again(o.Verdict) {
				break
			}
		}
		return o, err
	}
	right, err = sit(w.sound, func(verdict string) bool { return verdict != Passed })
	if err != nil || right.Verdict != Passed {
		return right, found, err
	}
	found, err = sit(w.wrap, func(verdict string) bool { return verdict == Unjudged })
	return right, found, err
}

// silent is the lab without progress: what it does is a part of something else.
func (l *Lab) silent() *Lab {
	s := *l
	s.Progress = nil
	return &s
}

// worst returns which of the measures is furthest beyond its limit.
func (o Outcome) worst() string {
	worst, says := 0.0, o.Text
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
			worst, says = beyond, fmt.Sprintf("%s %s, limit %s", m.Name, m.value(), m.limit(m.Must))
		}
	}
	return says
}
