package cgi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/cgi"
	"os"

	"forktax/workload/contract"
)

// IsChild says whether this process was started to answer one CGI request.
func IsChild() bool { return os.Getenv("GATEWAY_INTERFACE") != "" }

// Connect opens the connections that a handler works on, makes the handler, and returns what closes them again.
type Connect = func(ctx context.Context) (handler http.Handler, shut func() error, err error)

// A Child answers the one request that is in its environment.
type Child struct {
	// Open, and Connect that it returns, are everything that a resident process would do once.
	Open func(ctx context.Context) (Connect, error)
	// Connections is how many connections were opened so far; nil means none ever are.
	Connections func() int64
}

// Serve opens, answers, and closes. The answer is complete, an error's too, when it returns.
func (c Child) Serve(ctx context.Context) error {
	said := report{born: contract.Now()}
	handler, shut, err := c.open(ctx, &said)
	if err != nil {
		handler, shut = broken, func() error { return nil }
	}
	served := cgi.Serve(alike(handler, &said))
	closed := shut()
	said.closed = contract.Now()
	if c.Connections != nil {
		said.connections = c.Connections()
	}
	said.write()
	return cmp.Or(err, served, closed)
}

func (c Child) open(ctx context.Context, said *report) (http.Handler, func() error, error) {
	connect, err := c.Open(ctx)
	said.opened = contract.Now()
	if err != nil {
		said.connected = said.opened
		return nil, nil, fmt.Errorf("opening: %w", err)
	}
	handler, shut, err := connect(ctx)
	said.connected = contract.Now()
	if err != nil {
		return nil, nil, fmt.Errorf("connecting: %w", err)
	}
	return handler, shut, nil
}

// broken answers for a handler that could not be opened. Why is for the log, not for the client.
var broken = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
})

// alike has net/http/cgi ask and answer as net/http's server would.
func alike(h http.Handler, said *report) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		amend(r)
		rw := newResponse(w)
		h.ServeHTTP(rw, r)
		said.handled = contract.Now()
		rw.end()
	})
}

// amend undoes where the library's request differs from that of net/http's server though CGI does not ask for it: the
// URL has a host, the URI as it was sent is missing, the Content-Type may be there twice, and the length of the body is
// no header.
func amend(r *http.Request) {
	r.URL.Scheme, r.URL.Host = "", ""
	r.RequestURI = cmp.Or(os.Getenv("REQUEST_URI"), r.URL.RequestURI())
	if types := r.Header["Content-Type"]; len(types) > 1 {
		r.Header["Content-Type"] = types[:1]
	}
	if length := os.Getenv("CONTENT_LENGTH"); length != "" {
		r.Header["Content-Length"] = []string{length}
	}
}
