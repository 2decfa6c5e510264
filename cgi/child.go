package cgi

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cgi"
	"os"
)

// IsChild says whether this process was started to answer one CGI request.
func IsChild() bool { return os.Getenv("GATEWAY_INTERFACE") != "" }

// A Child answers the one request that is in its environment.
type Child struct {
	// Open makes the handler, and what closes it again: everything that a resident process would do once.
	Open func(ctx context.Context) (http.Handler, func() error, error)
	// Connections is how many connections were opened so far; nil means none ever are.
	Connections func() int64
}

// Serve opens, answers, and closes. The answer is complete, an error's too, when it returns.
func (c Child) Serve(ctx context.Context) error {
	handler, shut, err := c.Open(ctx)
	if err != nil {
		err = fmt.Errorf("opening: %w", err)
		handler, shut = broken, func() error { return nil }
	}
	served := cgi.Serve(c.alike(handler))
	closed := shut()
	for _, e := range []error{err, served, closed} {
		if e != nil {
			return e
		}
	}
	return nil
}

// broken answers for a handler that could not be opened. Why is for the log, not for the client.
var broken = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
})

// alike has net/http/cgi answer as net/http's server would, and adds the report for the host.
func (c Child) alike(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rw := &response{ResponseWriter: w, connections: c.Connections}
		h.ServeHTTP(rw, r)
		rw.end()
	})
}

// response is the child's side of its answer.
type response struct {
	http.ResponseWriter
	connections func() int64
	wrote       bool
}

func (r *response) Write(p []byte) (int, error) {
	r.begin()
	return r.ResponseWriter.Write(p)
}

// Flush sends what there is, the head first; the library's own would send no head.
func (r *response) Flush() {
	r.end()
	r.ResponseWriter.Write(nil)
	r.ResponseWriter.(http.Flusher).Flush()
}

// begin is called just before the library writes the head of the answer.
func (r *response) begin() {
	if r.wrote {
		return
	}
	r.wrote = true
	if r.connections != nil {
		addReport(r.Header(), r.connections)
	}
}

// end completes the head of an answer that has no body so far. The library would give it a Content-Type (that of no
// bytes: text/plain), which net/http's server does not; a key without values keeps it from that and writes nothing.
func (r *response) end() {
	if r.wrote {
		return
	}
	if _, ok := r.Header()["Content-Type"]; !ok {
		r.Header()["Content-Type"] = nil
	}
	r.begin()
}
