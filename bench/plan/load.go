package plan

import (
	"fmt"
	"time"

	"forktax/bench/subject"
)

// Kinds of load. They are different experiments and never share a table column.
const (
	Closed = "closed" // each client sends a request after its previous response: measures capacity
	Open   = "open"   // requests arrive as planned, whatever the server does: measures response time at a rate
)

// Load is the load on a cell.
type Load struct {
	Kind        string  `json:"kind"`                 // Closed or Open
	Concurrency int     `json:"concurrency"`          // closed: number of clients; open: most connections at once
	RateRPS     float64 `json:"rate_rps"`             // open: planned arrivals per second; closed: 0
	Arrivals    string  `json:"arrivals,omitempty"`   // open: "poisson" (the default) or "constant"
	NoReuse     bool    `json:"no_reuse,omitempty"`   // a new connection for each request
	TimeoutNS   int64   `json:"timeout_ns,omitempty"` // timeout of one request; 0 means subject.DefaultTimeout
}

// Timeout returns the timeout of one request.
func (l Load) Timeout() time.Duration {
	if l.TimeoutNS > 0 {
		return time.Duration(l.TimeoutNS)
	}
	return subject.DefaultTimeout
}

// String returns the load as text: "8 clients" or "500/s", and "8 clients, no keep-alive" if connections are not
// reused.
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
		words += ", no keep-alive"
	}
	return words
}
