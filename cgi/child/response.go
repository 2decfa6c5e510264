package child

import (
	"bufio"
	"log"
	"maps"
	"net/http"

	"forktax/workload/contract"
)

// heldBack is the number of bytes of a body that net/http's server buffers before it sends the header. It detects the
// content type from these bytes, and the length of a body that is no longer.
const heldBack = 2048

// response is the ResponseWriter of the handler in a child. It gives the ResponseWriter of net/http/cgi the header
// that net/http's server would send, at the moment when that would send it.
type response struct {
	to      http.ResponseWriter // net/http/cgi's
	header  http.Header         // header of the handler; values set after WriteHeader have no effect
	body    *bufio.Writer       // writes to bodyWriter
	status  int                 // 0 until the handler has set it
	flushed bool                // the handler has called Flush
	begun   bool                // the header was passed to the library

	complete func(header http.Header, flushed bool) // see Hooks.Header
}

var _ http.Flusher = (*response)(nil)

func newResponse(to http.ResponseWriter, complete func(http.Header, bool)) *response {
	r := &response{to: to, header: http.Header{}, complete: complete}
	r.body = bufio.NewWriterSize((*bodyWriter)(r), heldBack)
	return r
}

func (r *response) Header() http.Header { return r.header }

func (r *response) WriteHeader(status int) {
	switch {
	case r.status != 0:
		log.Printf("superfluous WriteHeader(%d) after WriteHeader(%d)", status, r.status)
	case status >= 200: // CGI cannot express informational responses
		r.status = status
		maps.Copy(r.to.Header(), r.header.Clone())
	}
}

func (r *response) Write(p []byte) (int, error) {
	r.decide()
	if len(p) == 0 {
		return 0, nil
	}
	if contract.Bodiless(r.status) {
		return 0, http.ErrBodyNotAllowed
	}
	return r.body.Write(p)
}

// Flush sends the header and the data written so far.
func (r *response) Flush() {
	r.flushed = true
	r.end()
	r.to.Write(nil)
	r.to.(http.Flusher).Flush()
}

// end passes the buffered rest to the library.
func (r *response) end() {
	r.decide()
	if r.body.Buffered() == 0 {
		r.begin(nil)
	}
	_ = r.body.Flush() // the library returns the error of its last flush
}

// decide sets the status 200 unless the handler has set one.
func (r *response) decide() {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
}

// begin completes the header, given the beginning of the body. The library would also detect a Content-Type for an
// empty or an encoded body; a key without values prevents that and writes nothing.
func (r *response) begin(body []byte) {
	if r.begun {
		return
	}
	r.begun = true
	header := r.to.Header()
	if _, ok := header["Content-Type"]; !ok && (len(body) == 0 || header.Get("Content-Encoding") != "") {
		header["Content-Type"] = nil
	}
	if r.complete != nil {
		r.complete(header, r.flushed)
	}
	r.to.WriteHeader(r.status)
}

// A bodyWriter is the destination of the buffer of a response.
type bodyWriter response

func (w *bodyWriter) Write(b []byte) (int, error) {
	(*response)(w).begin(b)
	return w.to.Write(b)
}
