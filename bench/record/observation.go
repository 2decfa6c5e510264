package record

import (
	"time"

	"forktax/workload/contract"
)

// An Observation is one request as the client saw it. Its times are offsets from the start of the block, so that each
// definition of "how long" is one subtraction, made where it is wanted and nowhere else.
type Observation struct {
	Intended  time.Duration   // when the plan wanted it sent; in a closed loop the same as Sent
	Sent      time.Duration   // just before its first byte was written, or its connection opened if it needed a new one
	FirstByte time.Duration   // when the first byte of the answer was read; 0 if none was
	Done      time.Duration   // when the last byte of the answer was read
	Status    int             // of the answer; 0 if there was none
	Bytes     int64           // of the answer's body
	Timing    contract.Timing // what the server said of itself
	Request   int             // index of the request in the mix; 0 if there is none
	Err       string          // the class of what went wrong, one of a few constants; "" if the answer was right
}

// CutOff reports whether the end of its visit ended the request, so that its response time is longer than what is
// recorded.
func (o Observation) CutOff() bool { return o.Err == ErrNotSent || o.Err == ErrUnfinished }

// Response is the response time: what somebody felt who wanted the answer at the intended time.
func (o Observation) Response() time.Duration { return o.Done - o.Intended }

// Service is the service time: from sending to the last byte.
func (o Observation) Service() time.Duration { return o.Done - o.Sent }

// Lag is the generator's own fault: how much too late the request was sent.
func (o Observation) Lag() time.Duration { return o.Sent - o.Intended }

// Classes of failed observations. Engines use these and no others, so that a report can count and explain them.
const (
	ErrRefused     = "refused"      // no connection could be made
	ErrClosed      = "closed"       // the connection ended before the answer did
	ErrReset       = "reset"        // the connection was reset
	ErrTimeout     = "timeout"      // no complete answer within the engine's limit, which is what Response then says
	ErrMalformed   = "malformed"    // what came is not an HTTP answer
	ErrTooLarge    = "too large"    // the head or the body of the answer passed the engine's limit
	ErrWrongStatus = "wrong status" // the status is not the expected one
	ErrWrongHeader = "wrong header" // a header is missing or not the expected one
	ErrWrongBody   = "wrong body"   // the body is not the expected one
	ErrInterrupted = "interrupted"  // the run was ended while the request was under way
	ErrNotSent     = "not sent"     // open loop: no connection was free for the request until the visit ended
	ErrUnfinished  = "unfinished"   // the response was not complete when the visit ended
	ErrOther       = "other"        // anything else
)
