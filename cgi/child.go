package cgi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/http/cgi"
	"os"

	"forktax/workload/contract"
	"forktax/workload/model"
)

// IsChild says whether this process was started to answer one CGI request.
func IsChild() bool { return os.Getenv("GATEWAY_INTERFACE") != "" }

// Connect opens the connections that a handler works on, makes the handler, and returns what closes them again.
type Connect = model.Connect

// A Child answers the one request that is in its environment.
type Child struct {
	// Open, and Connect that it returns, are everything that a resident process would do once.
	Open func(ctx context.Context) (Connect, error)
	// Connections is how many connections were opened so far; nil means none ever are.
	Connections func() int64
}

// Serve opens, answers, and closes. The answer is complete, an error's too, when it returns.
func (c Child) Serve(ctx context.Context) error {
	rep := childReport{mainReached: contract.Now()}
	handler, shut, err := c.open(ctx, &rep)
	if err != nil {
		handler, shut = failedHandler, func() error { return nil }
	}
	served := cgi.Serve(asNetHTTP(handler, &rep))
	closed := shut()
	rep.closed = contract.Now()
	if c.Connections != nil {
		rep.connections = c.Connections()
	}
	rep.write()
	return cmp.Or(err, served, closed)
}

func (c Child) open(ctx context.Context, rep *childReport) (http.Handler, func() error, error) {
	connect, err := c.Open(ctx)
	rep.opened = contract.Now()
	if err != nil {
		rep.connected = rep.opened
		return nil, nil, fmt.Errorf("opening: %w", err)
	}
	handler, shut, err := connect(ctx)
	rep.connected = contract.Now()
	if err != nil {
		return nil, nil, fmt.Errorf("connecting: %w", err)
	}
	return handler, shut, nil
}

// failedHandler answers for a handler that could not be opened. Why is for the log, not for the client.
var failedHandler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
})

// asNetHTTP has net/http/cgi ask and answer as net/http's server would.
func asNetHTTP(h http.Handler, rep *childReport) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fixRequest(r)
		rw := newChildResponse(w)
		h.ServeHTTP(rw, r)
		rep.handled = contract.Now()
		rw.end()
	})
}

// fixRequest undoes where the library's request differs from that of net/http's server though CGI does not ask for it:
// the URL has a host, the URI as it was sent is missing, the Content-Type may be there twice, and the length of the
// body is no header.
func fixRequest(r *http.Request) {
	r.URL.Scheme, r.URL.Host = "", ""
	r.RequestURI = cmp.Or(os.Getenv("REQUEST_URI"), r.URL.RequestURI())
	if types := r.Header["Content-Type"]; len(types) > 1 {
		r.Header["Content-Type"] = types[:1]
	}
	if length := os.Getenv("CONTENT_LENGTH"); length != "" {
		r.Header["Content-Length"] = []string{length}
	}
}
