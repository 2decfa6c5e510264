package plan

import (
	"fmt"
	"time"

	"forktax/bench/subject"
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

// Timeout returns the limit on one request.
func (l Load) Timeout() time.Duration {
	if l.TimeoutNS > 0 {
		return time.Duration(l.TimeoutNS)
	}
	return subject.DefaultTimeout
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
