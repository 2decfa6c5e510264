package cgi

import (
	"context"
	"net"
	"net/http"
	"syscall"
)

type connKey struct{}

// WithConn is an http.Server's ConnContext. By it a host sees that a client has gone whose request's body nobody has
// read to its end: net/http looks for that only behind it.
func WithConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// disconnected reports whether the client has gone.
func disconnected(r *http.Request) bool {
	c := r.Context().Value(connKey{})
	if secured, ok := c.(interface{ NetConn() net.Conn }); ok {
		c = secured.NetConn()
	}
	if conn, ok := c.(syscall.Conn); ok {
		return peerClosed(conn)
	}
	return false
}
