// Package persistent is the model "a resident process": everything that is made once is kept.
//
// Server is its HTTP side. The host of package cgi is served by it as well, so that a client cannot tell the models
// apart by how they speak HTTP: same timeouts, same keep-alive, same headers.
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
	"time"
)

// Limits of a Server. They are far above what a measurement needs and end what would otherwise hang for ever.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	DefaultDrain      = 10 * time.Second
)

// A Server answers requests on one listener until it is told to end.
type Server struct {
	Handler     http.Handler
	Header      int64                                                 // bytes that a request's line and header may have, else it gets 431; 0 means 1 MiB
	Drain       time.Duration                                         // how long requests under way may take to end; 0 means DefaultDrain
	ConnContext func(ctx context.Context, c net.Conn) context.Context // see http.Server
	Logger      *log.Logger                                           // of what goes wrong; nil means the standard logger
}

// Serve answers on ln, which it closes, until ctx ends. Then it takes no more requests, lets those under way end, and
// returns nil; an error tells that it ended by itself, or that some did not end in time and were cut off.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	var unused unusedConns
	server := &http.Server{
		Handler:                      framed(cmp.Or[http.Handler](s.Handler, http.DefaultServeMux)),
		DisableGeneralOptionsHandler: true, // framed does that
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
	<-ended // and not before: until then a connection may still be accepted
	unused.close()
	err := <-shut
	if errors.Is(err, context.DeadlineExceeded) {
		server.Close()
		return fmt.Errorf("serving on %s: requests under way did not end within %v and were cut off", ln.Addr(), drain)
	}
	return err
}

func (s *Server) connContext(ctx context.Context, c net.Conn) context.Context {
	ctx = withConn(ctx, c)
	if s.ConnContext != nil {
		ctx = s.ConnContext(ctx, c)
	}
	return ctx
}

// unusedConns are connections on which no request has come yet. A client's pool leaves some behind, and a server that
// shuts down would wait five seconds for each to be used.
type unusedConns struct{ conns sync.Map }

// follow is an http.Server's ConnState. All but the first call for a connection find nothing to delete, which costs
// some nanoseconds a request.
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
