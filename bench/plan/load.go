package plan

import (
	"fmt"
	"strconv"
	"strings"
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
	Arrivals    string  `json:"arrivals,omitempty"`   // open: "poisson" (the default), "constant" or "burst:N"
	NoReuse     bool    `json:"no_reuse,omitempty"`   // a new connection for each request
	TimeoutNS   int64   `json:"timeout_ns,omitempty"` // timeout of one request; 0 means subject.DefaultTimeout
}

// MaxBurst is the largest number of requests of a burst.
const MaxBurst = MaxClients

// Burst returns the number of requests that arrive at the same instant, and reports whether the load has bursts.
func (l Load) Burst() (n int, ok bool) {
	digits, ok := strings.CutPrefix(l.Arrivals, "burst:")
	if !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && 1 <= n && n <= MaxBurst
}

// Names of the arrival processes of an open loop, the values of Load.Arrivals. Those of bursts are burst:N.
const (
	Poisson  = "poisson"  // independent users: exponentially distributed gaps
	Constant = "constant" // equal gaps
)

// IsRegular reports whether requests arrive at fixed times, alone or in bursts, and not at random.
func (l Load) IsRegular() bool {
	_, bursts := l.Burst()
	return bursts || l.Arrivals == Constant
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
		if n, bursts := l.Burst(); bursts {
			words += fmt.Sprintf(" in bursts of %d", n)
		}
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
