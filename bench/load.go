package bench

import (
	"context"
	"fmt"
	"time"

	"forktax/workload/contract"
)

// Kinds of load. The two are different experiments and never share a table column.
const (
	Closed = "closed" // the next request waits for the last answer: measures capacity
	Open   = "open"   // requests arrive by a plan, whatever the server does: measures response time at a rate
)

// Load is how a cell is driven.
type Load struct {
	Kind        string  `json:"kind"`                 // Closed or Open
	Concurrency int     `json:"concurrency"`          // closed: how many clients; open: the most connections at once
	RateRPS     float64 `json:"rate_rps"`             // open: planned arrivals a second; closed: 0
	Arrivals    string  `json:"arrivals,omitempty"`   // open: "poisson" (the default) or "constant"
	NoReuse     bool    `json:"no_reuse,omitempty"`   // a new connection for each request
	TimeoutNS   int64   `json:"timeout_ns,omitempty"` // of one request; 0 means DefaultTimeout
}

// DefaultTimeout ends a request that has no complete answer; it is recorded at this value and marked.
const DefaultTimeout = 20 * time.Second

// Timeout returns the limit on one request.
func (l Load) Timeout() time.Duration {
	if l.TimeoutNS > 0 {
		return time.Duration(l.TimeoutNS)
	}
	return DefaultTimeout
}

// String says it in words: "8 clients" or "500/s", and "8 clients anew" if each request makes its connection anew.
func (l Load) String() string {
	words := ""
	switch {
	case l.Kind == Open:
		words = fmt.Sprintf("%g/s", l.RateRPS)
	case l.Concurrency == 1:
		words = "1 client"
	default:
		words = fmt.Sprintf("%d clients", l.Concurrency)
	}
	if l.NoReuse {
		words += " anew"
	}
	return words
}

// A Visit is what an engine is asked for: one block of load on one target.
type Visit struct {
	URL     string           // the target's base URL, without a trailing slash: http://127.0.0.1:8080
	Request contract.Request // sent again and again
	Load    Load             //
	Length  time.Duration    // no request is begun after this
	AtLeast int              // unless fewer than this many have been: then the block goes on
	Seed    uint64           // of everything random in it, so that both sides of a pair meet the same arrivals
}

// An Engine offers load. Run makes the visit and returns when its last answer has come, or soon after ctx ends. It
// records one Observation for every request that it began (open loop: that it planned), failed ones too. An error means
// that the visit could not be made at all, and nothing was recorded; a server that answers wrongly is no error. An
// Engine is used by one goroutine at a time.
type Engine interface {
	Run(ctx context.Context, v Visit, rec Recorder) error
}
