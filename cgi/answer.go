package cgi

import (
	"net/http"

	"forktax/bench"
)

// answer is the client's side of a child's answer. It has no ReadFrom, and that is on purpose: net/http's own one sends
// the head before a short body is complete, so the same answer would carry a Content-Length from a resident handler and
// be chunked from a child.
type answer struct {
	http.ResponseWriter
	begun      bool       // it has a head
	flushes    bool       // each piece goes to the client as it comes
	timed      bool       // somebody wants to know when its parts came
	head, last int64      // when the head came, and the last of the rest, by bench.Now; 0 if they did not
	told       bench.Told // what the child's own Server-Timing says
}

func (a *answer) WriteHeader(status int) {
	a.begun = true
	header := a.Header()
	a.flushes = takeFlush(header)
	if a.timed {
		a.head = bench.Now()
		a.last = a.head
		for _, value := range header["Server-Timing"] {
			a.told.AddHeader([]byte(value))
		}
	}
	if _, ok := header["Content-Type"]; !ok {
		header["Content-Type"] = nil // the child means none, and net/http would guess one
	}
	a.ResponseWriter.WriteHeader(status)
	a.flush()
}

func (a *answer) Write(p []byte) (int, error) {
	if a.timed {
		a.last = bench.Now()
	}
	n, err := a.ResponseWriter.Write(p)
	a.flush()
	return n, err
}

func (a *answer) flush() {
	if a.flushes {
		_ = http.NewResponseController(a.ResponseWriter).Flush() // if it cannot, the answer comes later
	}
}
