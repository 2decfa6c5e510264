package wasm

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"forktax/bench/foreign"
	"forktax/cgi/child"
	"forktax/cgi/limiter"
	"forktax/cgi/message"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// mostHeaders is the largest number of different headers of a request: the time to pass them to an instance grows with
// its square.
const mostHeaders = 1000

// An exchange is a request and its instance.
type exchange struct {
	host     *Host
	request  *http.Request
	response response
	instance *instance
	stdio    *stdio
	body     *body
	whole    *message.Body // what body reads, if its length was known; else nil
	arrived  int64
	lent     int64 // when the request had a slot

	timer   *time.Timer // ends the instance
	end     time.Time   // of the limit for the whole request; zero if there is none
	expired atomic.Bool // a limit was exceeded

	mu   sync.Mutex // held while the limit is enforced
	over bool       // the request has ended: the limit no longer is
}

// ServeHTTP has an instance serve the request. The statuses of failed requests:
//   - 400 or 431: the URL path has a NUL byte, or there are too many headers
//   - 408, 413 or 400: the request body came too slowly, is too long, or could not be read
//   - 500: no instance could be created
//   - 502: the instance failed (a trap, an exit status other than 0, no valid response)
//   - 503: the queue is full, or the host is shutting down
//   - 504: the instance exceeded a time limit, and was ended
//
// If the instance fails after a part of its response was sent, ServeHTTP panics with [http.ErrAbortHandler].
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{host: h, request: r, arrived: contract.Now()}
	e.response = response{Reply: message.Reply{To: w}, limits: h.limits, heard: e.extend}
	h.stats.running.Add(1)
	defer h.stats.running.Add(-1)
	err := e.serve()
	if e.whole != nil {
		e.whole.Drain()
	}
	if err == nil {
		return
	}
	f := message.FaultOf(err)
	if f.IsFailure() {
		h.stats.failed.Add(1)
		e.log(f.Why)
	}
	f.Respond(w, e.response.Passed)
}

// log logs a text about the request as one printable line, without secrets.
func (e *exchange) log(text string) { message.Log(e.host.logger, e.request, text) }

func (e *exchange) serve() error {
	h := e.host
	switch {
	case strings.Contains(e.request.URL.Path, "\x00"): // it would end a variable of the instance
		return &message.Fault{Status: http.StatusBadRequest, Why: "the URL path contains a NUL byte"}
	case len(e.request.Header) > mostHeaders:
		return &message.Fault{Status: http.StatusRequestHeaderFieldsTooLarge,
			Why: fmt.Sprintf("the request has more than %d headers", mostHeaders)}
	}
	if err := message.CheckLength(e.response.To, e.request, h.limits.Body); err != nil {
		return err
	}
	i, err := h.acquire(e.request.Context())
	switch {
	case errors.Is(err, limiter.ErrQueueFull):
		h.stats.refused.Add(1)
		return &message.Fault{Status: http.StatusServiceUnavailable, Why: "too many requests are waiting for an instance"}
	case errors.Is(err, errClosed):
		return &message.Fault{Status: http.StatusServiceUnavailable, Why: err.Error()}
	case err != nil:
		return message.Disconnected
	}
	e.instance, e.lent = i, contract.Now()
	if e.request.ContentLength < 0 {
		spooled, err := message.Spool(e.request, e.response.To, h.limits)
		if err != nil {
			h.release(i, true)
			return err
		}
		defer spooled.Body.Close()
		e.request = spooled
	} else if e.request.ContentLength > 0 {
		e.whole = message.NewBody(e.request, e.response.To)
	}
	err = e.converse()
	h.release(e.instance, err == nil)
	return err
}

// converse has an instance respond. If there is none that can be called again, it creates one.
func (e *exchange) converse() error {
	ctx, cancel := e.limited()
	defer cancel()
	e.body = &body{from: e.request.Body, most: e.host.limits.Body, heard: e.extend}
	if e.whole != nil {
		e.body.from = e.whole
	}
	if err := e.prepare(ctx); err != nil {
		if cause := e.cause(); cause != nil {
			return cause
		}
		return &message.Fault{Status: http.StatusInternalServerError, Why: err.Error()}
	}
	err := e.instance.call(ctx, e.host.entry.serve)
	e.timer.Stop()
	e.response.heard = func() {} // nothing starts it again
	e.stdio.err.End()
	e.count()
	var exit exitError
	if errors.As(err, &exit) && e.response.Status != 0 { // its response is passed on, as that of a CGI program
		e.host.stats.failed.Add(1)
		e.log(err.Error())
		err = nil
	}
	if err == nil && e.response.failed == nil && e.response.Status == 0 {
		err = errors.New("the module wrote no complete response header")
	}
	if err = errors.Join(e.response.failed, err); err != nil {
		if cause := e.cause(); cause != nil {
			return cause
		}
		return &message.Fault{Status: http.StatusBadGateway, Why: err.Error()}
	}
	e.recordPhases()
	e.response.pass()
	e.stdio.out.to, e.stdio.done = nil, nil
	return nil
}

// limited returns a context that ends when the request exceeds a limit, or its client disconnects. An instance that is
// called again completes the request instead.
func (e *exchange) limited() (context.Context, context.CancelFunc) {
	l, ctx := e.host.limits, e.request.Context()
	if e.host.Reuse {
		ctx = context.WithoutCancel(ctx)
	}
	ctx, cancel := context.WithCancel(ctx)
	if l.Total > 0 {
		e.end = time.Now().Add(l.Total)
		e.response.end = e.end
	}
	e.timer = time.AfterFunc(time.Hour, func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.over {
			return
		}
		e.expired.Store(true)
		_ = http.NewResponseController(e.response.To).SetReadDeadline(time.Unix(1, 0)) // it may wait for the body
		cancel()
	})
	e.extend()
	return ctx, func() {
		e.timer.Stop()
		e.mu.Lock()
		e.over = true
		e.mu.Unlock()
		cancel()
		e.response.Unbound()
	}
}

// extend sets the time at which the instance is ended: it has written something, or a part of its body has arrived.
func (e *exchange) extend() {
	next := time.Hour
	if idle := e.host.limits.Idle; idle > 0 {
		next = idle
	}
	if !e.end.IsZero() {
		next = min(next, time.Until(e.end))
	}
	if !e.expired.Load() {
		e.timer.Reset(next)
	}
}

// cause returns the fault that made the instance fail, or nil if it is the instance's own.
func (e *exchange) cause() error {
	failed := e.body.failed
	switch {
	case e.expired.Load() && e.body.reading.Load():
		return message.BodyFault(e.response.To, os.ErrDeadlineExceeded)
	case e.expired.Load():
		e.response.To.Header().Set("Connection", "close") // the rest of the body is not read
		return &message.Fault{Status: http.StatusGatewayTimeout, Why: "the instance exceeded a time limit and was ended"}
	case e.request.Context().Err() != nil:
		return message.Disconnected
	case failed != nil:
		return message.BodyFault(e.response.To, failed)
	}
	return nil
}

// prepare gives the request to the instance.
func (e *exchange) prepare(ctx context.Context) error {
	h, r := e.host, e.request
	var variables []string
	set := func(name, value string) { variables = append(variables, name+"="+value) }
	message.Variables(r, h.Authorization, set)
	set(child.Variable, child.Wanted(2)) // the host knows the memory itself
	e.stdio = &stdio{}
	if e.instance != nil {
		e.stdio = e.instance.stdio
	}
	if h.entry.readsVariables() {
		e.stdio.head, variables = inOneBlock(variables), nil
	}
	e.stdio.body, e.stdio.out.to, e.stdio.done = e.body, &e.response, ctx.Done()
	e.stdio.err.begin(h.logger, foreign.Line(r.Method+" "+r.URL.RequestURI())+": ")
	if e.instance != nil {
		return nil
	}
	i, err := h.newInstance(ctx, e.stdio, variables...)
	e.instance = i
	return err
}

// inOneBlock returns the variables as a module reads them from its standard input.
func inOneBlock(variables []string) []byte {
	b := make([]byte, 4)
	for _, v := range variables {
		b = append(append(b, v...), 0)
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

// count counts what the instance reports.
func (e *exchange) count() {
	i, rep := e.instance, &e.stdio.err.report
	e.host.stats.connections.Add(max(rep.Connections-i.opened, 0))
	i.opened = max(i.opened, rep.Connections)
	model.Raise(&e.host.stats.peak, i.size())
}

// recordPhases records the phases of the request. The creation of an instance and the start of its program are part of
// the first request that it serves.
func (e *exchange) recordPhases() {
	recorder := contract.PhaseRecorderOf(e.response.To)
	if recorder == nil {
		return
	}
	rep := &e.stdio.err.report
	until := (&contract.PhaseSequence{Recorder: recorder, At: e.arrived}).Until
	until(contract.PhaseWait, e.lent)
	until(contract.PhaseSpawn, e.instance.created)
	if rep.MainReached > 0 {
		until(contract.PhaseStart, rep.MainReached)
		until(contract.PhaseOpen, rep.Opened)
		until(contract.PhaseConnect, rep.Connected)
		until(contract.PhaseHandle, rep.Handled)
	} else {
		until(contract.PhaseChild, e.response.head)
	}
	until(contract.PhaseTransfer, contract.Now())
}

// A body is the body of a request, with its errors.
type body struct {
	from    io.ReadCloser
	most    int64
	limited io.ReadCloser
	reading atomic.Bool
	failed  error
	heard   func() // called whenever a part arrives
}

func (b *body) Read(p []byte) (int, error) {
	if b.limited == nil {
		b.limited = b.from
		if b.most > 0 {
			b.limited = http.MaxBytesReader(nil, b.from, b.most)
		}
	}
	b.reading.Store(true)
	n, err := b.limited.Read(p)
	if err != nil && err != io.EOF {
		b.failed = err // reading stays true, for a limit that was exceeded meanwhile
		return n, err
	}
	b.reading.Store(false)
	b.heard()
	return n, err
}
