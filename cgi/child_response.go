package cgi

import (
	"bufio"
	"log"
	"maps"
	"net/http"
	"os"

	"forktax/workload/contract"
)

// heldBack is how much of a body net/http's server keeps until it sends the head: from that much it tells the type, and
// of a body that ends before it, the length.
const heldBack = 2048

// childResponse is the child's side of its response. It gives net/http/cgi's own one the head that net/http's server
// would have sent, at the time when that would have sent it.
type childResponse struct {
	to      http.ResponseWriter // net/http/cgi's
	header  http.Header         // the handler's; what it sets after WriteHeader comes too late
	body    *bufio.Writer       // onto pieces
	status  int                 // 0 until the handler has decided
	flushed bool                // the handler has called Flush
	begun   bool                // the head was given to the library
}

var _ http.Flusher = (*childResponse)(nil)

func newChildResponse(to http.ResponseWriter) *childResponse {
	r := &childResponse{to: to, header: http.Header{}}
	r.body = bufio.NewWriterSize((*pieces)(r), heldBack)
	return r
}

func (r *childResponse) Header() http.Header { return r.header }

func (r *childResponse) WriteHeader(status int) {
	switch {
	case r.status != 0:
		log.Printf("superfluous WriteHeader(%d) after WriteHeader(%d)", status, r.status)
	case status >= 200: // the others are hints before the answer, for which CGI has no place
		r.status = status
		maps.Copy(r.to.Header(), r.header.Clone())
	}
}

func (r *childResponse) Write(p []byte) (int, error) {
	r.decide()
	if len(p) == 0 {
		return 0, nil
	}
	if contract.Bodiless(r.status) {
		return 0, http.ErrBodyNotAllowed
	}
	return r.body.Write(p)
}

// Flush sends what there is, if only the head.
func (r *childResponse) Flush() {
	r.flushed = true
	r.end()
	r.to.Write(nil)
	r.to.(http.Flusher).Flush()
}

// end gives the library what is left.
func (r *childResponse) end() {
	r.decide()
	if r.body.Buffered() == 0 {
		r.begin(nil)
	}
	_ = r.body.Flush() // the library reports what went wrong when it flushes, last of all
}

// decide ends the time in which the handler can choose a status.
func (r *childResponse) decide() {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
}

// begin completes the head, now that it is known with what the body begins. The library would find a Content-Type for
// no bytes and for encoded ones; a key without values keeps it from that and writes nothing.
func (r *childResponse) begin(body []byte) {
	if r.begun {
		return
	}
	r.begun = true
	header := r.to.Header()
	if _, ok := header["Content-Type"]; !ok && (len(body) == 0 || header.Get("Content-Encoding") != "") {
		header["Content-Type"] = nil
	}
	if r.flushed && os.Getenv(reportVariable) != "" {
		header.Set(flushHeader, flushValue)
	}
	r.to.WriteHeader(r.status)
}

// pieces is a response as its own buffer sees it.
type pieces childResponse

func (p *pieces) Write(b []byte) (int, error) {
	(*childResponse)(p).begin(b)
	return p.to.Write(b)
}
