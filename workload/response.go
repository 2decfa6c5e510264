//go:build !wasip1

package workload

import (
	"log"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"forktax/workload/contract"
)

// heldBack is the largest size in bytes of a response body that is held back until it is complete.
const heldBack = 64 << 10

// A response adds the phases of a request to the header of a handler's response, as Server-Timing. The phases are known
// only when the response is complete. So a response is held back until its handler has returned, unless it is flushed
// or longer than heldBack; then its header has the phases known so far.
//
// This changes little: net/http holds back a short response as well, and a CGI host holds back the end of a response
// until the child has been waited for. Otherwise the client gets the same bytes as without.
//
// It has no ReadFrom on purpose. That of net/http sends the header before a short body is complete, so the same
// response would have a Content-Length under one model and be chunked under another.
type response struct {
	to        http.ResponseWriter // response writer of the server
	header    http.Header         // header of the handler; values set after WriteHeader have no effect
	status    int                 // 0 until the handler has set it
	body      []byte              // data held back
	length    int                 // Content-Length of the handler; negative if there is none
	sent      bool                // the header was sent, and data is no longer held back
	phases    contract.ServerTiming
	hasPhases bool // the model recorded its phases
}

// responsePool reuses responses: allocating one per request would be most of the overhead of phases for a long-running
// handler.
var responsePool = sync.Pool{New: func() any { return &response{header: http.Header{}, body: make([]byte, 0, 4<<10)} }}

// newResponse returns a response to a request that has just arrived.
func newResponse(to http.ResponseWriter) *response {
	a := responsePool.Get().(*response)
	a.to, a.phases.Arrived = to, contract.Now()
	return a
}

// age returns the time since the request arrived.
func (a *response) age() time.Duration { return time.Duration(contract.Now() - a.phases.Arrived) }

// free returns a to the pool. It must be called after the handler has returned.
func (a *response) free() {
	clear(a.header)
	*a = response{header: a.header, body: a.body[:0]}
	responsePool.Put(a)
}

var (
	_ http.Flusher           = (*response)(nil)
	_ contract.PhaseRecorder = (*response)(nil)
)

// RecordPhase implements contract.PhaseRecorder.
func (a *response) RecordPhase(p contract.Phase, d time.Duration) {
	a.phases.Add(p, d)
	a.hasPhases = true
}

func (a *response) Header() http.Header { return a.header }

func (a *response) WriteHeader(status int) {
	switch {
	case status < 200 && status != http.StatusSwitchingProtocols: // an informational response, sent at once
		maps.Copy(a.to.Header(), a.header)
		a.to.WriteHeader(status)
		clear(a.to.Header())
	case a.status != 0:
		log.Printf("superfluous WriteHeader(%d) after WriteHeader(%d)", status, a.status)
	default:
		a.status, a.length = status, -1
		if n, err := strconv.Atoi(a.header.Get("Content-Length")); err == nil {
			a.length = n
		}
		a.copyHeader()
	}
}

// copyHeader copies the current header to the server, with all values: the handler may change even these later.
func (a *response) copyHeader() {
	n := 0
	for _, values := range a.header {
		n += len(values)
	}
	all, header := make([]string, 0, n), a.to.Header()
	for name, values := range a.header {
		if values == nil { // nil keeps the server from setting a value of its own
			header[name] = nil
			continue
		}
		begin := len(all)
		all = append(all, values...)
		header[name] = all[begin:len(all):len(all)]
	}
}

// Write holds back the data if it can. The server returns the errors of a body that is longer than its Content-Length,
// or of a status without a body.
func (a *response) Write(p []byte) (int, error) {
	a.decide()
	held := len(a.body) + len(p)
	if a.sent || held > heldBack || a.length >= 0 && held > a.length || contract.Bodiless(a.status) {
		a.send()
		return a.to.Write(p)
	}
	a.body = append(a.body, p...)
	return len(p), nil
}

// decide sets the status 200 unless the handler has set one.
func (a *response) decide() {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
}

// Flush sends the header and the data held back.
func (a *response) Flush() {
	a.decide()
	a.send()
	_ = http.NewResponseController(a.to).Flush()
}

// Unwrap is called by http.ResponseController.
func (a *response) Unwrap() http.ResponseWriter { return a.to }

func (a *response) send() {
	if a.sent {
		return
	}
	a.sent = true
	if a.phases.Answered == 0 { // the handler has not returned
		a.phases.Answered = contract.Now()
	}
	var room [512]byte
	header := a.to.Header()
	header["Server-Timing"] = append(header["Server-Timing"], string(a.phases.AppendHeader(room[:0])))
	a.to.WriteHeader(a.status)
	if len(a.body) > 0 {
		_, _ = a.to.Write(a.body) // fails if the client has disconnected
	}
}

// end sends the rest of the response. It is called after the handler has returned.
func (a *response) end() {
	a.decide()
	if a.sent {
		maps.Copy(a.to.Header(), a.header) // the server uses only trailers now
		return
	}
	a.send()
}
