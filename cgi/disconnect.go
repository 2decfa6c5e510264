package cgi

import (
	"context"
	"net"
	"net/http"
	"syscall"
)

type connKey struct{}

// WithConn stores a connection in the context of its requests. Use it as the ConnContext of an [http.Server] that runs
// a [Host]. With it the host detects that a client has disconnected while its request body is unread; net/http detects
// that only after the body was read to its end.
func WithConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// disconnected reports whether the client has closed its connection.
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
