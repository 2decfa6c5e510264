package calibrate

import (
	"context"
	"strings"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// virtual is a simulation with computed times: a network latency of 20 µs each way, 30 µs to connect, an exact engine,
// and no noise. So results do not depend on the machine.
type virtual struct{}

var _ simulation = virtual{}

const (
	oneWay    = 20 * time.Microsecond
	toConnect = 30 * time.Microsecond
	between   = 2 * time.Microsecond // gap between two requests of a client
)

func (virtual) own() load.Engine { return &computed{} }

// visit implements simulation. The engine is computed, or wraps a computed one.
func (virtual) visit(ctx context.Context, engine load.Engine, sc scenario) (*visitResult, error) {
	request := sc.plan().Workloads[0].Requests[0]
	it := &visitResult{scenario: sc, invalid: analysis.Counts{},
		visit: load.Visit{Request: request, Load: sc.load, Length: sc.length, MinRequests: max(sc.minRequests, 1),
			Seed: sc.seed}}
	var seen memoryRecorder
	inside := &computed{}
	switch e := engine.(type) {
	case *computed:
		inside = e
	case alteredEngine:
		inside = e.Engine.(*computed)
	}
	inside.sc = sc
	if err := engine.Run(ctx, it.visit, &seen); err != nil {
		return nil, err
	}
	it.seen, it.real = seen, inside.real
	return it, nil
}

// computed is an engine and a server in one, with computed times.
type computed struct {
	sc   scenario
	ask  ServiceSpec
	real []Stamp
	free time.Duration // serial: when the server is free
}

// Run implements load.Engine.
func (e *computed) Run(_ context.Context, v load.Visit, rec load.Recorder) error {
	_, query, _ := strings.Cut(v.Request.Path, "?")
	var err error
	if e.ask, err = parseServiceSpec(query); err != nil {
		return err
	}
	var seen []record.Observation
	free := make([]time.Duration, v.Load.Concurrency) // when each connection is free
	next := func() *time.Duration {
		first := &free[0]
		for i := range free {
			if free[i] < *first {
				first = &free[i]
			}
		}
		return first
	}
	if v.Load.Kind == plan.Closed {
		for c := next(); *c < v.Length || len(seen) < v.MinRequests; c = next() {
			o := e.send(v, *c, *c)
			*c = o.Done + between
			seen = append(seen, o)
		}
		rec.Observe(seen)
		return nil
	}
	plan, err := load.Arrivals(v.Load, v.Length, v.MinRequests, v.Seed)
	if err != nil {
		return err
	}
	for _, due := range plan {
		c := next()
		o := e.send(v, due, max(due, *c))
		*c = max(*c, o.Done)
		seen = append(seen, o)
	}
	rec.Observe(seen)
	return nil
}

// send computes the observation of one request.
func (e *computed) send(v load.Visit, intended, sent time.Duration) record.Observation {
	o := record.Observation{Intended: intended, Sent: sent}
	limit := intended + v.Load.Timeout()
	if sent >= limit {
		o.Sent, o.Done, o.Err = limit, limit, record.ErrTimeout
		return o
	}
	arrived := sent + oneWay
	if v.Load.NoReuse {
		arrived += toConnect
	}
	i := len(e.real)
	due := e.due(i, arrived)
	e.real = append(e.real, Stamp{int64(arrived), int64(due), e.ask.fails(i)})
	o.Done = due + oneWay
	if o.FirstByte = o.Done; e.ask.Halves {
		o.FirstByte = arrived + oneWay
	}
	switch {
	case o.Done > limit:
		o.Done, o.Err = limit, record.ErrTimeout
	case e.ask.fails(i):
		o.Status, o.Err = 500, record.ErrWrongStatus
	}
	return o
}

func (e *computed) due(i int, arrived time.Duration) time.Duration {
	still := func(at time.Duration) time.Duration {
		if from, until := e.sc.pause.After, e.sc.pause.After+e.sc.pause.Length; from <= at && at < until {
			return until
		}
		return at
	}
	if e.ask.fails(i) {
		return arrived
	}
	if !e.ask.Serial {
		return still(arrived + e.ask.duration(i))
	}
	e.free = still(max(arrived, e.free)) + e.ask.duration(i)
	return e.free
}
