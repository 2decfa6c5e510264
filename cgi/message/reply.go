package message

import (
	"maps"
	"net/http"
	"time"

	"forktax/workload/contract"
)

// MostHeld is the size in bytes of the part of a response that a host holds back. Until the response is longer, or its
// program flushes it, the program can still fail and the client get an error status.
const MostHeld = 8 << 10

// A Reply passes the response of a program on to the client.
type Reply struct {
	To     http.ResponseWriter
	Status int
	Header http.Header
	Passed bool // a part of the response was sent
	left   bool // the client has disconnected

	bounded bool // sending has a deadline
}

// Bound sets a deadline for sending the response, unless there is one: a program waits for a client that reads slowly.
func (r *Reply) Bound(end time.Time) {
	if !r.bounded {
		r.bounded = true
		_ = http.NewResponseController(r.To).SetWriteDeadline(end)
	}
}

// Unbound removes the deadline: the connection may serve another request.
func (r *Reply) Unbound() {
	if r.bounded {
		_ = http.NewResponseController(r.To).SetWriteDeadline(time.Time{})
	}
}

// Pass passes a part of the body on, with the header before the first. What a client that has disconnected does not
// take is dropped, so that the program can serve other requests.
func (r *Reply) Pass(p []byte) {
	if !r.Passed {
		r.Passed = true
		maps.Copy(r.To.Header(), r.Header)
		r.To.WriteHeader(r.Status)
	}
	if r.left || len(p) == 0 || contract.Bodiless(r.Status) {
		return
	}
	_, err := r.To.Write(p)
	r.left = err != nil
}

// Flush sends the header and what was passed on.
func (r *Reply) Flush() {
	r.Pass(nil)
	_ = http.NewResponseController(r.To).Flush() // if unsupported, the data is sent later
}
