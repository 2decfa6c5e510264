package workers

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"time"

	"forktax/cgi/child"
	"forktax/cgi/message"
	"forktax/workload/contract"
)

// readHead reads the header of the response.
func (e *exchange) readHead() error {
	status, header, err := message.ReadHead(e.worker.text)
	if err != nil && e.limited.N <= 0 {
		return fmt.Errorf("the response header has more than %d bytes", e.host.limits.ResponseHeader)
	}
	if err != nil {
		return err
	}
	e.limited.N = math.MaxInt64
	e.stamps.head = contract.Now()
	e.stamps.child = e.worker.count([]byte(header.Get(reportHeader)))
	header.Del(reportHeader)
	e.flushes = child.TakeFlush(header)
	e.reply.Status, e.reply.Header = status, header
	return nil
}

// reportHeader is the header of a response that has the worker's report.
const reportHeader = "Forktax-Worker"

// readRest reads the body of the response. It passes on what is longer than message.MostHeld, and all data whenever the
// worker pauses: it sends data before the end of the request only if there is much, or its handler has flushed it.
func (e *exchange) readRest(began time.Time) error {
	w, most := e.worker, e.host.limits.Response
	if cap(w.body) == 0 {
		w.body = make([]byte, 2*message.MostHeld)
	}
	if e.flushes {
		e.reply.Flush()
	}
	for n := 0; ; {
		more, err := w.text.Read(w.body[n:])
		n += more
		e.length += int64(more)
		switch {
		case most > 0 && e.length > most:
			return fmt.Errorf("the response body has more than %d bytes", most)
		case err == io.EOF:
			e.rest = w.body[:n]
			return nil
		case err != nil:
			return err
		}
		paused := w.text.Buffered() == 0 && e.stdout.isPaused()
		if n < message.MostHeld && !paused && !e.flushes {
			continue
		}
		e.bound(began)
		e.reply.Pass(w.body[:n])
		n = 0
		if paused || e.flushes {
			e.reply.Flush()
		}
		e.extend(began)
	}
}

// complete passes on the part that was held back.
func (e *exchange) complete() { e.reply.Pass(e.rest) }

// recordPhases records the phases of a request. Each phase ends where the next begins. Those of the start of a worker
// count only as far as the request waited for them.
func (e *exchange) recordPhases() {
	recorder := contract.PhaseRecorderOf(e.reply.To)
	if recorder == nil {
		return
	}
	s := &e.stamps
	rep := &s.child
	until := (&contract.PhaseSequence{Recorder: recorder, At: s.arrived}).Until
	until(contract.PhaseWait, min(e.worker.begun, s.lent))
	until(contract.PhaseSpawn, min(e.worker.running, rep.MainReached))
	until(contract.PhaseStart, rep.MainReached)
	until(contract.PhaseOpen, rep.Opened)
	until(contract.PhaseConnect, rep.Connected)
	until(contract.PhaseWait, s.lent)
	until(contract.PhaseChild, cmp.Or(rep.Called, s.head))
	until(contract.PhaseHandle, rep.Handled)
	until(contract.PhaseTransfer, contract.Now())
}
