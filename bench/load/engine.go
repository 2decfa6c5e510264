package load

import (
	"context"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// A Visit describes one block of load on one target.
type Visit struct {
	URL         string             // base URL of the target, without a trailing slash: http://127.0.0.1:8080
	Request     contract.Request   // sent repeatedly
	Mix         []contract.Request // replaces Request if not empty: requests are drawn by weight
	Load        plan.Load          //
	Length      time.Duration      // no request begins after this, except to reach MinRequests
	MinRequests int                // the block continues until this many requests have begun
	Grace       time.Duration      // how long to wait for responses after the last request; 0: the timeout
	OtherClock  bool               // the server's timestamps are not from this machine's clock
	Seed        uint64             // random seed; with the same seed, both sides of a pair get the same arrivals
	Part        plan.Part          // open loop: take this part's share of the arrivals
	Await       func()             // called when the connections are open, right before the block begins; nil: not called
}

// requests returns the mix, or else the single request.
func (v Visit) requests() []contract.Request {
	if len(v.Mix) > 0 {
		return v.Mix
	}
	return []contract.Request{v.Request}
}

// An Engine generates load. Run makes the visit and returns when the last response has arrived, or soon after ctx ends.
// It records one Observation for every request that it began (open loop: planned), including failed ones. An error
// means that the visit could not be made and nothing was recorded; wrong responses are not an error. An Engine is used
// by one goroutine at a time.
type Engine interface {
	Run(ctx context.Context, v Visit, rec Recorder) error
}

// An ExcerptRecorder is a Recorder that also receives excerpts: the beginning of the body of the first response of each
// failure class. ObserveExcerpt is called after all observations, once per class and generator core. It must not keep
// the body.
type ExcerptRecorder interface {
	ObserveExcerpt(class string, body []byte)
}

// A Recorder receives the observations of an engine. Observe is called by one goroutine at a time. It must not keep the
// batch, which the engine reuses.
type Recorder interface {
	Observe(batch []record.Observation)
}
