package cgi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// inMemory is how much of a body without a length is kept in memory; what is longer goes into a file.
	inMemory = 64 << 10
	// unreadEvery is how often it is looked whether anybody still reads a body that comes slowly.
	unreadEvery = 250 * time.Millisecond
)

// withBody returns r with a body that has a length, as a child must be told it. The body of another status than 0 is
// not to be read.
func (h *Host) withBody(w http.ResponseWriter, r *http.Request) (with *http.Request, status int, err error) {
	most := h.limits.Body
	if most > 0 && r.ContentLength > most {
		return r, http.StatusRequestEntityTooLarge, fmt.Errorf("its body of %d bytes is longer than %d", r.ContentLength, most)
	}
	if r.ContentLength == 0 {
		return r, 0, nil
	}
	control := http.NewResponseController(w)
	_ = control.EnableFullDuplex() // else an answer that begins early makes the server discard the body
	own := *r
	if r.ContentLength > 0 {
		own.Body = &body{ReadCloser: r.Body, control: control}
		return &own, 0, nil
	}
	spooled, length, err := h.spool(r.Body, control)
	switch {
	case err == nil:
	case errors.Is(err, errTooLong):
		return r, http.StatusRequestEntityTooLarge, fmt.Errorf("its body is longer than %d bytes", most)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return r, http.StatusRequestTimeout, fmt.Errorf("nothing more of its body came for %v", h.limits.Idle)
	case errors.As(err, new(*os.PathError)):
		return r, http.StatusServiceUnavailable, fmt.Errorf("keeping its body: %w", err)
	default:
		return r, http.StatusBadRequest, fmt.Errorf("reading its body: %w", err)
	}
	own.Body, own.ContentLength, own.TransferEncoding = spooled, length, nil
	return &own, 0, nil
}

var errTooLong = errors.New("it is too long")

// spool reads a body without a length to its end.
func (h *Host) spool(from io.Reader, control *http.ResponseController) (io.ReadCloser, int64, error) {
	most := h.limits.Body
	if most > 0 {
		from = io.LimitReader(from, most+1)
	}
	if h.limits.Idle > 0 {
		from = &idleReader{from, control, h.limits.Idle}
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
	err = os.Remove(file.Name()) // what is open stays
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

// An idleReader waits for each piece for that long.
type idleReader struct {
	io.Reader
	control *http.ResponseController
	limit   time.Duration
}

func (p *idleReader) Read(b []byte) (int, error) {
	_ = p.control.SetReadDeadline(time.Now().Add(p.limit)) // where that is not possible, somebody else sees to it
	return p.Reader.Read(b)
}

// A body goes to its child as it comes. When the child reads no more of it, the client need not send the rest: package
// os/exec would wait for that, and with it the request, for ever.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	ended   atomic.Bool // it was read to its end
	dropped atomic.Bool // nobody reads the rest
}

var _ io.WriterTo = (*body)(nil)

// WriteTo is called by package os/exec, by way of io.Copy, with the child's standard input.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	if pipe, ok := w.(syscall.Conn); ok {
		defer b.watchPipe(pipe)()
	}
	return io.Copy(w, struct{ io.Reader }{b})
}

// watchPipe looks now and then whether the pipe is still read from. When stop has returned, it does not any more: the
// connection may then be that of another request.
func (b *body) watchPipe(pipe syscall.Conn) (stop func()) {
	var mu sync.Mutex
	var timer *time.Timer
	stopped := false
	mu.Lock()
	defer mu.Unlock()
	timer = time.AfterFunc(unreadEvery, func() {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case stopped:
		case unread(pipe):
			b.drop(0)
		default:
			timer.Reset(unreadEvery)
		}
	})
	return func() {
		mu.Lock()
		defer mu.Unlock()
		stopped = true
		timer.Stop()
	}
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.ended.Store(true)
	}
	return n, err
}

// maxDrained is how much of a body is read that no child wanted, as much as net/http's server does.
const maxDrained = 256 << 10

// drain reads what nobody has read, if it is not much and does not take long, and says whether the body is at its end.
// Only then can the client send another request on the same connection, and must be told if it cannot.
func (b *body) drain() bool {
	if b.ended.Load() || b.dropped.Load() {
		return b.ended.Load()
	}
	b.drop(unreadEvery)
	_, _ = io.CopyN(io.Discard, b, maxDrained+1)
	_ = b.control.SetReadDeadline(time.Time{})
	return b.ended.Load()
}

// Close does not wait for the rest.
func (b *body) Close() error {
	if !b.ended.Load() {
		b.drop(0)
	}
	return b.ReadCloser.Close()
}

// drop has nobody read more of the body than comes within that time.
func (b *body) drop(after time.Duration) {
	b.dropped.Store(true)
	_ = b.control.SetReadDeadline(time.Now().Add(after)) // where that is not possible, there is no client to wait for
}
