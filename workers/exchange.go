package workers

import (
	"errors"
	"io"
	"math"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"forktax/cgi/child"
	"forktax/cgi/message"
	"forktax/workload/contract"
)

// An exchange is a request and its worker.
type exchange struct {
	host    *Host
	worker  *worker
	reply   message.Reply
	request *http.Request
	report  string // asks the worker for a report
	body    []byte // a body that was read before a worker was lent
	// streamed is a body that is sent while the worker serves the request; nil if there is none.
	streamed *message.Body
	reading  atomic.Bool // it waits for a part of the body

	stdout  stream
	limited io.LimitedReader // limits the header of the response
	rest    []byte           // the part of the response that is held back
	length  int64            // bytes of the body so far
	flushes bool             // the handler flushes the response: all data is sent as soon as it arrives
	stamps  stamps
}

// stamps are readings of contract.Now.
type stamps struct {
	arrived, lent, head int64
	child               child.Report
}

const (
	// mostRead is the size in bytes of the largest body that is read before a worker is lent to the request, so that slow
	// clients do not keep workers from serving.
	mostRead = 64 << 10
	// lastPart is how long a body may take that has not been sent completely when the response is complete.
	lastPart = 10 * time.Millisecond
	// lendTries is the number of workers that are tried. One that has ended while it waited has not seen the request.
	lendTries = 3
)

// ServeHTTP waits for a worker, passes the request to it, and returns when it has responded. The statuses of failed
// requests:
//   - 408, 413 or 400: the request body came too slowly, is too long, or could not be read
//   - 500: no worker could be started
//   - 502 or 504: the worker failed, or exceeded a time limit
//   - 503: the queue is full, or the host is shutting down
//
// If the worker fails after a part of its response was sent, ServeHTTP panics with [http.ErrAbortHandler].
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := &exchange{host: h, reply: message.Reply{To: w}, request: r}
	e.stamps.arrived = contract.Now()
	h.stats.running.Add(1)
	defer h.stats.running.Add(-1)
	err := e.readBody()
	if err == nil {
		err = e.serve()
	}
	if e.streamed != nil {
		e.streamed.Drain()
	}
	if err == nil {
		return
	}
	f := message.FaultOf(err)
	if f.IsFailure() {
		h.stats.failed.Add(1)
		e.log(f.Why)
	}
	f.Respond(w, e.reply.Passed)
}

// log logs a text about the request as one printable line, without secrets.
func (e *exchange) log(text string) { message.Log(e.host.errors.logger, e.request, text) }

// readBody limits the body of the request, and reads a short one.
func (e *exchange) readBody() error {
	r, most := e.request, e.host.limits.Body
	if err := message.CheckLength(e.reply.To, r, most); err != nil {
		return err
	}
	if r.ContentLength == 0 || e.streams() {
		return nil
	}
	e.body = make([]byte, r.ContentLength)
	err := message.ReadTimed(e.body, r.Body, http.NewResponseController(e.reply.To), e.host.limits.Idle, e.host.limits.Total)
	if err != nil {
		return message.BodyFault(e.reply.To, err)
	}
	return nil
}

// serve serves the request with a worker.
func (e *exchange) serve() error {
	for try := 1; ; try++ {
		w, err := e.host.pool.acquire(e.request.Context())
		if err != nil {
			return e.noWorker(err)
		}
		e.worker = w
		e.stamps.lent = contract.Now()
		sent := e.send()
		if sent != nil && try < lendTries { // it ended before it could read a request
			e.host.pool.release(w, false)
			continue
		}
		if sent == nil {
			err = e.converse()
		} else {
			err = sent
		}
		if err != nil {
			err = e.withEnd(err)
		}
		if err == nil {
			e.recordPhases()
			e.complete()
		}
		e.reply.Unbound()
		e.host.pool.release(w, err == nil) // from now on, its buffers are those of another request
		return err
	}
}

// withEnd returns the fault for an error of a conversation.
func (e *exchange) withEnd(err error) error {
	var f *message.Fault
	switch {
	case errors.As(err, &f):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &message.Fault{Status: http.StatusGatewayTimeout, Why: "the worker exceeded a time limit and was killed"}
	}
	return &message.Fault{Status: http.StatusBadGateway, Why: e.worker.withFate(err).Error()}
}

func (e *exchange) noWorker(err error) error {
	switch {
	case errors.Is(err, errQueueFull):
		e.host.stats.refused.Add(1)
		return &message.Fault{Status: http.StatusServiceUnavailable, Why: err.Error()}
	case errors.Is(err, errClosed):
		return &message.Fault{Status: http.StatusServiceUnavailable, Why: err.Error()}
	case e.request.Context().Err() != nil:
		return message.Disconnected
	}
	return &message.Fault{Status: http.StatusInternalServerError, Why: "starting a worker: " + err.Error()}
}

// send sends the request to the worker, with its body if that was read.
func (e *exchange) send() error {
	w := e.worker
	e.report = child.Wanted(e.host.stats.exchanges.Add(1))
	w.variables = e.appendVariables(w.variables[:0])
	w.out = appendBegin(w.out[:0])
	w.out = appendStream(w.out, params, w.variables)
	w.out = appendRecord(w.out, params, requestID, nil)
	if !e.streams() {
		w.out = appendStream(w.out, stdin, e.body)
		w.out = appendRecord(w.out, stdin, requestID, nil)
	}
	_, err := w.conn.Write(w.out)
	return err
}

// streams reports whether the body is sent while the worker serves the request.
func (e *exchange) streams() bool {
	return e.request.ContentLength < 0 || e.request.ContentLength > mostRead
}

// converse sends the rest of the request, and passes on the response.
func (e *exchange) converse() error {
	began := time.Now()
	e.stdout = stream{from: e.worker.in, log: func(text []byte) { e.log(string(text)) }}
	if !e.streams() {
		return e.receive(began)
	}
	e.streamed = message.NewBody(e.request, e.reply.To)
	var body io.Reader = e.streamed
	if most := e.host.limits.Body; most > 0 {
		body = http.MaxBytesReader(nil, e.streamed, most)
	}
	var failed error
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		failed = e.sendBody(began, body)
	}()
	err := e.receive(began)
	if errors.Is(err, os.ErrDeadlineExceeded) && e.reading.Load() {
		err = message.BodyFault(e.reply.To, err)
	}
	if err != nil {
		err = e.withEnd(err) // before it is killed, which would be its end otherwise
		e.worker.kill()      // it may wait for this host to read, and sendBody for it
	}
	select {
	case <-sent:
	case <-time.After(lastPart): // the handler has not read it all: the rest is not passed on
		_ = http.NewResponseController(e.reply.To).SetReadDeadline(time.Unix(1, 0))
		<-sent
	}
	if failed != nil && !e.stdout.ended {
		return message.BodyFault(e.reply.To, failed)
	}
	return err
}

// sendBody sends the body while it arrives. If it cannot be read, the worker is ended: its handler waits for the rest.
func (e *exchange) sendBody(began time.Time, body io.Reader) error {
	part := make([]byte, 32<<10)
	var record []byte
	for {
		e.reading.Store(true)
		n, err := body.Read(part)
		e.reading.Store(false)
		e.extend(began) // until then, the worker was not to blame for its silence
		record = appendStream(record[:0], stdin, part[:n])
		if err != nil {
			record = appendRecord(record, stdin, requestID, nil)
		}
		if err != nil && err != io.EOF && !errors.Is(err, os.ErrDeadlineExceeded) {
			e.worker.kill()
			return err
		}
		if _, failed := e.worker.conn.Write(record); failed != nil {
			return nil // reading the response fails, too
		}
		if err != nil {
			return nil
		}
	}
}

// extend sets the deadline of reading from the worker, after a part of the request or of its response.
func (e *exchange) extend(began time.Time) {
	l, deadline := e.host.limits, time.Time{}
	if l.Idle > 0 {
		deadline = time.Now().Add(l.Idle)
	}
	if end := began.Add(l.Total); l.Total > 0 && (deadline.IsZero() || end.Before(deadline)) {
		deadline = end
	}
	_ = e.worker.conn.SetReadDeadline(deadline)
}

// bound sets a deadline for a client that reads slowly, as the worker waits for it: that of the limit for the worker.
func (e *exchange) bound(began time.Time) {
	if total := e.host.limits.Total; total > 0 {
		e.reply.Bound(began.Add(total))
	}
}

// receive reads the response of the worker, and passes it on as soon as it is longer than what is held back. It kills a
// worker that exceeds a time limit, which may not read either: sending the body would wait for it.
func (e *exchange) receive(began time.Time) (err error) {
	defer func() {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			e.worker.kill()
		}
	}()
	w := e.worker
	e.extend(began)
	most := e.host.limits.ResponseHeader
	if most <= 0 {
		most = math.MaxInt64
	}
	e.limited = io.LimitedReader{R: &e.stdout, N: most}
	w.text.Reset(&e.limited)
	if err := e.readHead(); err != nil {
		return err
	}
	return e.readRest(began)
}
