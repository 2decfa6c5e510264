package cgi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

const (
	// inMemory is the largest number of bytes of a body without a length that is kept in memory; a longer body is
	// written to a file.
	inMemory = 64 << 10
	// unreadFor is the time for a client to send the rest of a body whose child has ended.
	unreadFor = 250 * time.Millisecond
)

// withBody returns r with a body of known length, which a child needs for CONTENT_LENGTH. If status is not 0, the
// request is refused with it and the body must not be read.
func (h *Host) withBody(w http.ResponseWriter, r *http.Request) (with *http.Request, status int, err error) {
	most := h.limits.Body
	if most > 0 && r.ContentLength > most {
		return r, http.StatusRequestEntityTooLarge,
			fmt.Errorf("request body of %d bytes exceeds the limit of %d bytes", r.ContentLength, most)
	}
	if r.ContentLength == 0 {
		return r, 0, nil
	}
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex() // otherwise the server discards the body when the response begins before its end
	own := *r
	if r.ContentLength > 0 {
		own.Body = &body{ReadCloser: r.Body, control: control}
		return &own, 0, nil
	}
	spooled, length, err := h.spool(r.Body, control)
	switch {
	case err == nil:
	case errors.Is(err, errTooLong):
		return r, http.StatusRequestEntityTooLarge, fmt.Errorf("request body exceeds the limit of %d bytes", most)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return r, http.StatusRequestTimeout, fmt.Errorf("the request body came too slowly: its child has %v, each pause %v",
			h.limits.Total, h.limits.Idle)
	case errors.As(err, new(*os.PathError)):
		return r, http.StatusServiceUnavailable, fmt.Errorf("storing the request body: %w", err)
	default:
		return r, http.StatusBadRequest, fmt.Errorf("reading the request body: %w", err)
	}
	own.Body, own.ContentLength, own.TransferEncoding = spooled, length, nil
	return &own, 0, nil
}

var errTooLong = errors.New("request body too long")

// spool reads a body of unknown length to its end and returns a copy and its length in bytes.
func (h *Host) spool(from io.Reader, control *http.ResponseController) (io.ReadCloser, int64, error) {
	most := h.limits.Body
	if most > 0 {
		from = io.LimitReader(from, most+1)
	}
	if h.limits.Idle > 0 || h.limits.Total > 0 {
		from = &timedReader{from, control, h.limits.Idle, deadlineAfter(h.limits.Total)}
		defer control.SetReadDeadline(time.Time{})
	}
	var begin bytes.Buffer
	n, err := io.CopyN(&begin, from, inMemory)
	if err == io.EOF {
		return limitBody(io.NopCloser(&begin), n, most)
	}
	if err != nil {
		return nil, 0, err
	}
	file, err := os.CreateTemp("", "forktax-body-")
	if err != nil {
		return nil, 0, err
	}
	err = os.Remove(file.Name()) // the open file stays readable
	if err == nil {
		n, err = io.Copy(file, io.MultiReader(&begin, from))
	}
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, 0, err
	}
	return limitBody(file, n, most)
}

func limitBody(b io.ReadCloser, length, most int64) (io.ReadCloser, int64, error) {
	if most > 0 && length > most {
		b.Close()
		return nil, 0, errTooLong
	}
	return b, length, nil
}

// A timedReader is a reader of a request body whose reads each time out after idle, and all of them at end.
type timedReader struct {
	io.Reader
	control *http.ResponseController
	idle    time.Duration // 0 or less for no limit
	end     time.Time     // zero for no limit
}

func (p *timedReader) Read(b []byte) (int, error) {
	until := deadlineAfter(p.idle)
	if until.IsZero() || !p.end.IsZero() && p.end.Before(until) {
		until = p.end
	}
	_ = p.control.SetReadDeadline(until) // if unsupported, the server's own timeouts apply
	return p.Reader.Read(b)
}

// deadlineAfter returns the time after which a limit is exceeded; the zero time if there is none.
func deadlineAfter(limit time.Duration) time.Time {
	if limit <= 0 {
		return time.Time{}
	}
	return time.Now().Add(limit)
}

// A body is a request body that is passed to the child as it arrives.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	ended   atomic.Bool // the body was read to its end
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.ended.Store(true)
	}
	return n, err
}

// maxDrained is the largest number of unread bytes of a body that drain reads; net/http's server uses the same limit.
const maxDrained = 256 << 10

// end ends reading soon: the child has ended. It gives a client that is sending the time for the rest.
func (b *body) end() {
	if !b.ended.Load() {
		_ = b.control.SetReadDeadline(time.Now().Add(unreadFor)) // if unsupported, there is no connection to wait for
	}
}

// resume removes the deadline of end if the body was read to its end: the connection may serve another request.
func (b *body) resume() {
	if b.ended.Load() {
		_ = b.control.SetReadDeadline(time.Time{})
	}
}

// drain reads the unread rest of the body, at most maxDrained bytes for at most unreadFor, and reports whether it
// reached the end. Only then can the connection be reused; otherwise the response must have "Connection: close".
func (b *body) drain() bool {
	if !b.ended.Load() {
		b.end()
		_, _ = io.CopyN(io.Discard, b, maxDrained+1)
		b.resume()
	}
	return b.ended.Load()
}

// Close closes the body without waiting for its rest.
func (b *body) Close() error {
	if !b.ended.Load() {
		_ = b.control.SetReadDeadline(past)
	}
	return b.ReadCloser.Close()
}
