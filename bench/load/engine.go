package load

import (
	"context"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// A Visit is what an engine is asked for: one block of load on one target.
type Visit struct {
	URL         string             // the target's base URL, without a trailing slash: http://127.0.0.1:8080
	Request     contract.Request   // sent again and again
	Mix         []contract.Request // replaces Request if it is not empty: requests are drawn by weight
	Load        plan.Load          //
	Length      time.Duration      // no request is begun after this
	MinRequests int                // unless fewer than this many have been: then the block goes on
	Grace       time.Duration      // how long after the last request what is left is waited for; 0: its timeout
	OtherClock  bool               // the stamps of the server are not by this machine's clock
	Seed        uint64             // of everything random in it, so that both sides of a pair meet the same arrivals
}

// requests lists the visit's requests: one, unless they are a mix.
func (v Visit) requests() []contract.Request {
	if len(v.Mix) > 0 {
		return v.Mix
	}
	return []contract.Request{v.Request}
}

// An Engine offers load. Run makes the visit and returns when its last answer has come, or soon after ctx ends. It
// records one Observation for every request that it began (open loop: that it planned), failed ones too. An error means
// that the visit could not be made at all, and nothing was recorded; a server that answers wrongly is no error. An
// Engine is used by one goroutine at a time.
type Engine interface {
	Run(ctx context.Context, v Visit, rec Recorder) error
}

// An ExcerptRecorder is a Recorder that also takes how the body of the first response of each class of failures began,
// after all observations: of each class once for each core that generates load. It does not keep the body.
type ExcerptRecorder interface {
	ObserveExcerpt(class string, body []byte)
}

// A Recorder takes what an engine saw. Observe is called from one goroutine at a time and does not keep the batch,
// which the engine uses again.
type Recorder interface {
	Observe(batch []record.Observation)
}
