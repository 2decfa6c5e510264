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

// heldBack is how long an answer may be, in bytes, to be held back until it is complete.
const heldBack = 64 << 10

// A response adds to a handler's response, as Server-Timing, how long the phases of its request took. That is known
// when the answer is complete, and a header must come first. So an answer is held back until its handler has returned,
// unless it is flushed or long: then its header has what was known when it went. Little is lost by it: net/http holds a
// short answer back as well, and the end of a CGI child's always comes when the child has been waited for. What a
// client sees is otherwise, to the byte, what it would see without.
//
// It has no ReadFrom, and that is on purpose: net/http's own one sends the head before a short body is complete, so the
// same answer would carry a Content-Length from one model and be chunked from another.
type response struct {
	to        http.ResponseWriter // the server's
	header    http.Header         // the handler's; what it sets after WriteHeader comes too late
	status    int                 // 0 until the handler has decided
	body      []byte              // that is held back
	length    int                 // that the handler declared; below 0 if it did not
	sent      bool                // the head has gone, and nothing is held back any more
	phases    contract.ServerTiming
	hasPhases bool // the model recorded its phases
}

// Responses are used again: to make one for each request would be the most that its phases cost a resident handler.
var responsePool = sync.Pool{New: func() any { return &response{header: http.Header{}, body: make([]byte, 0, 4<<10)} }}

// newResponse is that to a request which is there now.
func newResponse(to http.ResponseWriter) *response {
	a := responsePool.Get().(*response)
	a.to, a.phases.Arrived = to, contract.Now()
	return a
}

// age is how long ago its request was there.
func (a *response) age() time.Duration { return time.Duration(contract.Now() - a.phases.Arrived) }

// free gives a back, when its handler has returned.
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
	case status < 200 && status != http.StatusSwitchingProtocols: // a hint before the answer, which goes at once
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

// copyHeader gives the server the header as it is now. The handler may go on to change even single values of it.
func (a *response) copyHeader() {
	n := 0
	for _, values := range a.header {
		n += len(values)
	}
	all, header := make([]string, 0, n), a.to.Header()
	for name, values := range a.header {
		if values == nil { // which keeps the server from finding a value of its own
			header[name] = nil
			continue
		}
		begin := len(all)
		all = append(all, values...)
		header[name] = all[begin:len(all):len(all)]
	}
}

// Write leaves to the server what that has to say to more than was declared, or to a body where none may be.
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

// decide ends the time in which the handler can choose a status.
func (a *response) decide() {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
}

// Flush sends what there is, if only the head.
func (a *response) Flush() {
	a.decide()
	a.send()
	_ = http.NewResponseController(a.to).Flush()
}

// Unwrap is for http.ResponseController.
func (a *response) Unwrap() http.ResponseWriter { return a.to }

func (a *response) send() {
	if a.sent {
		return
	}
	a.sent = true
	if a.phases.Answered == 0 { // the handler goes on
		a.phases.Answered = contract.Now()
	}
	var room [512]byte
	header := a.to.Header()
	header["Server-Timing"] = append(header["Server-Timing"], string(a.phases.AppendHeader(room[:0])))
	a.to.WriteHeader(a.status)
	if len(a.body) > 0 {
		_, _ = a.to.Write(a.body) // if the client has gone, nobody is left to tell
	}
}

// end sends what is left, after the handler has returned.
func (a *response) end() {
	a.decide()
	if a.sent {
		maps.Copy(a.to.Header(), a.header) // of which the server now takes trailers only
		return
	}
	a.send()
}
