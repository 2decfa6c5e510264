package message

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// A Body is a request body that a program reads while its response is sent. Whoever serves the request must call
// [Body.Drain] before the handler returns: otherwise the server reads the rest when nobody may read the connection, or
// takes it for the next request.
type Body struct {
	io.ReadCloser
	to      http.ResponseWriter
	control *http.ResponseController
	expects bool        // the client sends the body only after it was asked to
	begun   atomic.Bool // reading has begun
	ended   atomic.Bool // the body was read to its end
}

// NewBody returns the body of a request, whose response is sent to w. Without it, the server discards the body when the
// response begins before its end.
func NewBody(r *http.Request, w http.ResponseWriter) *Body {
	b := &Body{ReadCloser: r.Body, to: w, control: http.NewResponseController(w),
		expects: strings.EqualFold(r.Header.Get("Expect"), "100-continue")}
	_ = b.control.EnableFullDuplex() // if unsupported, there is no connection
	return b
}

func (b *Body) Read(p []byte) (int, error) {
	b.begun.Store(true)
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

// Drain reads the unread rest of the body, at most maxDrained bytes for at most unreadFor. If that does not reach the
// end, the server closes the connection after the response. Nobody else may read the body any more.
func (b *Body) Drain() {
	if !b.ended.Load() && (b.begun.Load() || !b.expects) {
		b.End()
		_, _ = io.CopyN(io.Discard, b, maxDrained+1)
	}
	if b.ended.Load() {
		_ = b.control.SetReadDeadline(time.Time{}) // that of End: the connection may serve another request
		return
	}
	_ = b.control.SetReadDeadline(past) // the server reads no more
	b.closeAfter()
}

// closeAfter has the server close the connection after the response, whose header may have been sent. A limit that was
// exceeded is the only way to tell the server so.
func (b *Body) closeAfter() {
	w := b.to
	for {
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = wrapper.Unwrap()
	}
	_, _ = http.MaxBytesReader(w, io.NopCloser(strings.NewReader("x")), 0).Read(make([]byte, 1))
}

// Close closes the body without waiting for its rest.
func (b *Body) Close() error {
	if !b.ended.Load() {
		_ = b.control.SetReadDeadline(past)
	}
	return b.ReadCloser.Close()
}
