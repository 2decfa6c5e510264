package record

import (
	"time"

	"forktax/workload/contract"
)

// An Observation is one request as seen by the client. Its times are offsets from the start of the block; durations are
// derived by the methods, so that each definition of latency is one subtraction.
type Observation struct {
	Intended  time.Duration   // planned send time; in a closed loop the same as Sent
	Sent      time.Duration   // just before its first byte was written, or before its new connection was opened
	FirstByte time.Duration   // when the first byte of the response was read; 0 if none was
	Done      time.Duration   // when the last byte of the response was read
	Status    int             // status of the response; 0 if there was none
	Bytes     int64           // length of the response body
	Timing    contract.Timing // phases reported by the server
	Request   int             // index of the request in the mix; 0 if there is none
	Err       string          // failure class, one of the constants below; "" if the response was right
}

// CutOff reports whether the request was ended by the end of its visit. Its response time is then longer than recorded.
func (o Observation) CutOff() bool { return o.Err == ErrNotSent || o.Err == ErrUnfinished }

// Response returns the response time: from the intended time to the last byte of the response.
func (o Observation) Response() time.Duration { return o.Done - o.Intended }

// Service returns the service time: from sending the request to the last byte of the response.
func (o Observation) Service() time.Duration { return o.Done - o.Sent }

// Lag returns the delay of the load generator: from the intended time to sending.
func (o Observation) Lag() time.Duration { return o.Sent - o.Intended }

// Failure classes of observations. Engines use only these, so that a report can count and explain them.
const (
	ErrRefused     = "refused"      // no connection could be opened
	ErrClosed      = "closed"       // the connection was closed before the response was complete
	ErrReset       = "reset"        // the connection was reset
	ErrTimeout     = "timeout"      // no complete response within the engine's timeout; Response returns that timeout
	ErrMalformed   = "malformed"    // the data received is not an HTTP response
	ErrTooLarge    = "too large"    // the head or the body of the response exceeds the engine's limit
	ErrWrongStatus = "wrong status" // the status differs from the expected one
	ErrWrongHeader = "wrong header" // a header is missing or differs from the expected one
	ErrWrongBody   = "wrong body"   // the body differs from the expected one
	ErrInterrupted = "interrupted"  // the run ended during the request
	ErrNotSent     = "not sent"     // open loop: no connection became free for the request before the visit ended
	ErrUnfinished  = "unfinished"   // the response was not complete when the visit ended
	ErrOther       = "other"        // anything else
)
