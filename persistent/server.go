// Package persistent implements the execution model "one long-running process", which creates its state and its
// connections once. [PerRequest] implements the models in between, which create some of these for each request.
//
// [Server] is the HTTP server for all models. The host of package cgi is served by it as well, so that the models do
// not differ in their HTTP: they have the same timeouts, keep-alive and headers.
package persistent

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultDrain is the default of [Server].Drain.
const DefaultDrain = 10 * time.Second

// Timeouts of a Server. They are much longer than a measurement needs; they only end connections that would hang.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
)

// A Server is an HTTP server on one listener with a graceful shutdown. Its fields must not change after Serve was
// called.
//
// Other than [http.Server], it makes the end of each message unambiguous. It closes the connection after a request with
// both Transfer-Encoding and Content-Length (RFC 9112, section 6.1). It resets the connection of an HTTP/1.0 client
// whose response is incomplete.
type Server struct {
	// Handler serves the requests. Nil means [http.DefaultServeMux].
	Handler http.Handler
	// Header is the largest size in bytes of a request line and header; larger requests get status 431. Zero means 1 MiB.
	Header int64
	// Drain is the longest time that requests in progress may take after the end of the context. Zero means
	// [DefaultDrain].
	Drain time.Duration
	// ConnContext modifies the context of a new connection; see [http.Server]. It may be nil.
	ConnContext func(ctx context.Context, c net.Conn) context.Context
	// Logger logs errors of connections and handlers. Nil means the standard logger.
	Logger *log.Logger
}

// Serve serves requests on ln, which it closes, until ctx ends. Then it accepts no more requests, waits for those in
// progress, and returns nil. It returns an error if serving fails earlier, or if requests were aborted because they did
// not end within Drain.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	var unused unusedConns
	var running handlerCount
	server := &http.Server{
		Handler:                      running.of(framed(cmp.Or[http.Handler](s.Handler, http.DefaultServeMux))),
		DisableGeneralOptionsHandler: true, // framed handles these requests
		MaxHeaderBytes:               int(s.Header),
		ReadHeaderTimeout:            readHeaderTimeout,
		ConnContext:                  s.connContext,
		IdleTimeout:                  idleTimeout,
		ErrorLog:                     s.Logger,
		ConnState:                    unused.follow,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener{ln}) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	drain := cmp.Or(s.Drain, DefaultDrain)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	shut := make(chan error, 1)
	go func() { shut <- server.Shutdown(limit) }()
	<-ended // until then, a connection may still be accepted
	unused.close()
	err := <-shut
	if errors.Is(err, context.DeadlineExceeded) {
		server.Close()
		running.await(handlerLimit) // what they use is closed next
		return fmt.Errorf("serving on %s: requests in progress did not end within %v and were aborted", ln.Addr(), drain)
	}
	return err
}

// handlerLimit is how long the handlers of aborted requests are waited for.
const (
	handlerLimit = 2 * time.Second
	handlerPoll  = 5 * time.Millisecond
)

// A handlerCount counts the handlers that run.
type handlerCount struct{ atomic.Int64 }

func (c *handlerCount) of(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.Add(1)
		defer c.Add(-1)
		h.ServeHTTP(w, r)
	})
}

// await waits until no handler runs.
func (c *handlerCount) await(limit time.Duration) {
	for end := time.Now().Add(limit); c.Load() > 0 && time.Now().Before(end); {
		time.Sleep(handlerPoll)
	}
}

func (s *Server) connContext(ctx context.Context, c net.Conn) context.Context {
	ctx = withConn(ctx, c)
	if s.ConnContext != nil {
		ctx = s.ConnContext(ctx, c)
	}
	return ctx
}

// unusedConns are connections without a request so far. Connection pools of clients open some, and http.Server.Shutdown
// would wait 5 s for each of them.
type unusedConns struct{ conns sync.Map }

// follow is the ConnState of an http.Server. Most calls find nothing to delete, which takes some nanoseconds per
// request.
func (u *unusedConns) follow(c net.Conn, state http.ConnState) {
	if state == http.StateNew {
		u.conns.Store(c, nil)
		return
	}
	u.conns.Delete(c)
}

func (u *unusedConns) close() {
	u.conns.Range(func(c, _ any) bool {
		c.(net.Conn).Close()
		return true
	})
}
