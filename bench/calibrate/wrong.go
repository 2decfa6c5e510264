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

// A wrong is a load engine that is wrong on purpose, in a way in which load generators are. A lab that does not find it
// out proves nothing when it finds nothing wrong with ours.
type wrong struct {
	name string
	by   string // the exam that asks for it
	wrap func(own load.Engine) load.Engine
	like func(own load.Engine) load.Engine // without the fault; nil: our own
}

// each edits the observations of our own engine one by one.
func each(edit func(o *record.Observation)) func(load.Engine) load.Engine {
	return edited(func(_ load.Visit, seen []record.Observation) []record.Observation {
		for i := range seen {
			edit(&seen[i])
		}
		return seen
	})
}

func edited(told func(load.Visit, []record.Observation) []record.Observation) func(load.Engine) load.Engine {
	return func(own load.Engine) load.Engine { return twisted{Engine: own, told: told} }
}

func asked(change func(load.Visit) load.Visit) func(load.Engine) load.Engine {
	return func(own load.Engine) load.Engine { return twisted{Engine: own, asked: change} }
}

func instead(e plain) func(load.Engine) load.Engine {
	return func(load.Engine) load.Engine { return e }
}

// wrongs are all of them.
func wrongs() []wrong {
	return []wrong{
		{"a closed loop is sold as an open one", "stall", asked(func(v load.Visit) load.Visit {
			if v.Load.Kind == plan.Open {
				v.Load.Kind, v.Load.Concurrency = plan.Closed, 1
			}
			return v
		}), nil},
		{"requests count from when they were sent, after they queued", "stall",
			each(func(o *record.Observation) { o.Intended = o.Sent }), nil},
		{"timeouts are dropped", "arrivals",
			edited(func(_ load.Visit, seen []record.Observation) []record.Observation {
				return slices.DeleteFunc(seen, func(o record.Observation) bool { return o.Err == record.ErrTimeout })
			}), nil},
		{"it paces by sleeping, and takes when it wakes for the plan", "arrivals", instead(plain{sleeps: true}),
			instead(plain{})},
		{"percentiles are averaged over pieces of the time", "stall", edited(averaged), nil},
		{"connecting is left out", "connect", instead(plain{connects: true}), instead(plain{})},
		{"the first byte is sold as the whole answer", "truth", each(func(o *record.Observation) {
			if o.FirstByte > 0 {
				o.Done = o.FirstByte
			}
		}), nil},
		{"failures count as answers", "arrivals", each(func(o *record.Observation) { o.Err = "" }), nil},
		{"the slowest hundredth is trimmed", "truth", edited(trimmed), nil},
		{"its clock counts milliseconds", "gain", each(func(o *record.Observation) {
			for _, t := range []*time.Duration{&o.Intended, &o.Sent, &o.FirstByte, &o.Done} {
				*t = t.Truncate(time.Millisecond)
			}
		}), nil},
		{"arrivals at even distances are sold as Poisson", "queue", asked(func(v load.Visit) load.Visit {
			v.Load.Arrivals = load.Constant
			return v
		}), nil},
		{"what is due while all connections are busy is skipped", "arrivals", instead(plain{skips: true}),
			instead(plain{})},
		{"it reads the clock only every 5 ms", "truth", each(func(o *record.Observation) {
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
	limit := rank(responses, 0.99)
	return slices.DeleteFunc(seen, func(o record.Observation) bool { return o.Response() > limit })
}

func wrongProperty() Property {
	return Property{
		Name: "wrong", About: "generators that are wrong on purpose are found out by the exams that ours passes",
		Must:  fmt.Sprintf("all of %d rejected", len(wrongs())),
		Takes: func(l *Lab) time.Duration { return pick(l, 45*time.Second, time.Minute) },
		Run:   runWrong,
	}
}

// runWrong has each wrong engine take the exam that asks for its fault, after one without the fault has passed the
// same: else the noise would find out anybody.
func runWrong(ctx context.Context, l *Lab) (Outcome, error) {
	if l.own() == nil {
		return Outcome{Verdict: Unmeasured, Measures: []Measure{}, Says: "This system has no engine for it."}, nil
	}
	all := wrongs()
	table := &Table{Header: []string{"what is wrong with it", "found out by", "because"}}
	rejected, unfit := 0, 0
	for i, w := range all {
		right, found, err := w.examined(ctx, l)
		if err != nil {
			return Outcome{}, fmt.Errorf("examining the engine in which %s: %w", w.name, err)
		}
		row := []string{w.name, none, "it passed " + w.by}
		switch {
		case right.Verdict != Passed:
			unfit++
			row[2] = fmt.Sprintf("one without the fault did not pass %s: %s", w.by, right.worst())
		case found.Verdict == Failed:
			rejected++
			row[1], row[2] = w.by, found.worst()
		case found.Verdict != Passed:
			unfit++
			row[2] = "the machine disturbed it each time"
		}
		table.Rows = append(table.Rows, row)
		l.step(float64(i+1) / float64(len(all)))
	}
	o := judged("Each took a short form of an exam, which an engine without its fault had passed just before.",
		count("rejected", rejected, len(all), "wrong generators", atLeast(float64(len(all)))))
	o.Table = table
	if o.Verdict == Failed && rejected+unfit == len(all) {
		o.Verdict = Unjudged
		o.Says += fmt.Sprintf(" For %d of them the machine was too noisy.", unfit)
	}
	return o, nil
}

// examined has one without the fault take the exam, and then the wrong one. What is so short can fail by chance, so
// that the first may try again until it passes, and the second until its visits are not disturbed.
func (w wrong) examined(ctx context.Context, l *Lab) (right, found Outcome, err error) {
	all := exams()
	e := all[slices.IndexFunc(all, func(e exam) bool { return e.Name == w.by })]
	sit := func(wrap func(load.Engine) load.Engine, again func(verdict string) bool) (o Outcome, err error) {
		for range tries {
			o, err = e.sit(ctx, &candidate{Lab: l.silent(), depth: brief, wrap: wrap})
			if err != nil || !again(o.Verdict) {
				break
			}
		}
		return o, err
	}
	right, err = sit(w.like, func(verdict string) bool { return verdict != Passed })
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

// worst says which of the measures is furthest beyond its limit.
func (o Outcome) worst() string {
	worst, says := 0.0, o.Says
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
