// Package child is the side of a program that serves one CGI request: it reads the request from the environment and the
// standard input, writes the response that net/http's server would send, and reports its cost to a [forktax/cgi.Host].
package child

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

// IsChild reports whether this process was started for one CGI request, by the variable GATEWAY_INTERFACE.
func IsChild() bool { return os.Getenv("GATEWAY_INTERFACE") != "" }

// Connect opens the connections of a handler, and returns the handler and a function that closes the connections.
type Connect = model.Connect

// A Program serves the one CGI request that is in the environment and the standard input of this process. Its response
// has the header that net/http's server would send.
type Program struct {
	// Open creates the state that a long-running process would create once, and returns the Connect function that
	// creates the handler.
	Open func(ctx context.Context) (Connect, error)
	// Connections returns the number of connections opened so far. Nil means that there are none.
	Connections func() int64
}

// Serve calls Open and Connect, serves the request with the handler, and closes the connections. It returns the first
// error of these steps. If Open or Connect fails, the response has status 500.
func (p Program) Serve(ctx context.Context) error {
	rep := Report{MainReached: contract.Now()}
	handler, shut, err := p.open(ctx, &rep)
	if err != nil {
		handler, shut = failedHandler, func() error { return nil }
	}
	served := cgi.Serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Respond(w, r, handler, Hooks{
			Handled: func() { rep.Handled = contract.Now() },
			Header: func(header http.Header, flushed bool) {
				if flushed && os.Getenv(Variable) != "" {
					AnnounceFlush(header)
				}
			},
		})
	}))
	closed := shut()
	rep.Closed = contract.Now()
	if p.Connections != nil {
		rep.Connections = p.Connections()
	}
	rep.write()
	return cmp.Or(err, served, closed)
}

func (p Program) open(ctx context.Context, rep *Report) (http.Handler, func() error, error) {
	connect, err := p.Open(ctx)
	rep.Opened = contract.Now()
	if err != nil {
		rep.Connected = rep.Opened
		return nil, nil, fmt.Errorf("opening: %w", err)
	}
	handler, shut, err := connect(ctx)
	rep.Connected = contract.Now()
	if err != nil {
		return nil, nil, fmt.Errorf("connecting: %w", err)
	}
	return handler, shut, nil
}

// failedHandler responds if there is no handler. The error is logged, but not sent to the client.
var failedHandler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
})

// Hooks are called while a response is written. Nil functions are not called.
type Hooks struct {
	// Handled is called when the handler has returned, before the rest of its response is sent.
	Handled func()
	// Header is called before the header is sent. Flushed reports whether the handler has caused that by Flush.
	Header func(header http.Header, flushed bool)
}

// Respond has h serve a request of net/http/cgi or net/http/fcgi, as if it were one of net/http's server: the handler
// sees the same request, and the response has the header that this server would send.
func Respond(w http.ResponseWriter, r *http.Request, h http.Handler, hooks Hooks) {
	fixRequest(r)
	rw := newResponse(w, hooks.Header)
	h.ServeHTTP(rw, r)
	if hooks.Handled != nil {
		hooks.Handled()
	}
	rw.end()
}

// fixRequest removes the differences between a request of net/http/cgi and one of net/http's server that CGI does not
// require: a host in the URL, no RequestURI, Content-Type maybe twice, and no Content-Length in the header.
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
