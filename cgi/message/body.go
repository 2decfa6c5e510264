package message

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"
)

// A Body is a request body that a program reads while its response is sent. Whoever serves the request must call
// [Body.Drain] before the handler returns: otherwise the server reads the rest when nobody may read the connection.
type Body struct {
	io.ReadCloser
	control *http.ResponseController
	ended   atomic.Bool // the body was read to its end
}

// NewBody returns the body of a request, whose response is sent to w. Without it, the server discards the body when the
// response begins before its end.
func NewBody(from io.ReadCloser, w http.ResponseWriter) *Body {
	b := &Body{ReadCloser: from, control: http.NewResponseController(w)}
	_ = b.control.EnableFullDuplex() // if unsupported, there is no connection
	return b
}

func (b *Body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.ended.Store(true)
	}
	return n, err
}

const (
	// unreadFor is the time for a client to send the rest of a body whose program has ended.
	unreadFor = 250 * time.Millisecond
	// maxDrained is the largest number of unread bytes of a body that Drain reads; net/http's server uses the same limit.
	maxDrained = 256 << 10
)

// past is a deadline that ends any wait at once.
var past = time.Unix(1, 0)

// End ends reading soon: the program has ended. It gives a client that is sending the time for the rest.
func (b *Body) End() {
	if !b.ended.Load() {
		_ = b.control.SetReadDeadline(time.Now().Add(unreadFor)) // if unsupported, there is no connection to wait for
	}
}

// Resume removes the deadline of End if the body was read to its end: the connection may serve another request.
func (b *Body) Resume() {
	if b.ended.Load() {
		_ = b.control.SetReadDeadline(time.Time{})
	}
}

// Drain reads the unread rest of the body, at most maxDrained bytes for at most unreadFor, and reports whether it
// reached the end. Only then can the connection be reused; otherwise the response must have "Connection: close".
func (b *Body) Drain() bool {
	if !b.ended.Load() {
		b.End()
		_, _ = io.CopyN(io.Discard, b, maxDrained+1)
		b.Resume()
	}
	if !b.ended.Load() {
		_ = b.control.SetReadDeadline(past) // the server reads no more
		return false
	}
	return true
}

// Close closes the body without waiting for its rest.
func (b *Body) Close() error {
	if !b.ended.Load() {
		_ = b.control.SetReadDeadline(past)
	}
	return b.ReadCloser.Close()
}
