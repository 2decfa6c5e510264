package workers

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"forktax/cgi/child"
	"forktax/cgi/message"
	"forktax/cgi/spawn"
	"forktax/workload/model"
)

// bufferSize is the size in bytes of the buffer for records of a worker; most responses are read at once.
const bufferSize = 16 << 10

// A worker is a process that serves requests on one connection, one after the other.
type worker struct {
	*process
	host *Host
	conn *os.File
	in   *bufio.Reader // records from conn

	// Buffers, which keep their memory between requests.
	out       []byte        // for the records of a request
	variables []byte        // for its variables
	text      *bufio.Reader // reads the header of a response
	body      []byte        // for a part of its body

	opened  int64 // connections that the process has reported
	served  int   // requests; more for the first workers, see Host.Together
	lent    bool  // it has served a request
	batch   int   // see pool.batch
	leaving bool  // it serves its last request, or was told to end; guarded by the mutex of the pool
}

// newWorker starts a worker.
func (h *Host) newWorker() (*worker, error) {
	own, child, err := spawn.SocketPair()
	if err != nil {
		return nil, err
	}
	n := h.marks.Add(1)
	program := spawn.Program{Path: h.Path, Args: []string{h.Path}, Env: h.environment(n), Dir: h.Dir, Limits: h.limits}
	p, err := launch(program, fmt.Sprintf("%s.%d", h.mark, n), child, h.errors)
	if err != nil {
		spawn.Close(own)
		return nil, err
	}
	w := &worker{process: p, host: h, conn: os.NewFile(uintptr(own), "connection to a worker")}
	w.in = bufio.NewReaderSize(w.conn, bufferSize)
	w.text = bufio.NewReaderSize(nil, message.MostHeld)
	return w, nil
}

// awaitReady waits until the worker serves. It then sends a record with values (section 4.1), one of which is its
// report: what it has opened counts before its first request.
func (w *worker) awaitReady() error {
	_ = w.conn.SetReadDeadline(time.Now().Add(startLimit))
	h, err := readHeader(w.in)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("it did not serve within %v", startLimit)
	case err != nil:
		return fmt.Errorf("it does not serve: %w", unexpected(err))
	case h.kind != getValuesResult:
		return fmt.Errorf("it sent a record of type %d, want %d", h.kind, getValuesResult)
	}
	values := make([]byte, h.content)
	if _, err := io.ReadFull(w.in, values); err != nil {
		return unexpected(err)
	}
	_, line, _ := bytes.Cut(values, []byte(child.Variable))
	w.count(line)
	_, err = w.in.Discard(h.padded)
	return err
}

// count counts a report of the worker and returns it.
func (w *worker) count(line []byte) (rep child.Report) {
	if rep.Read(line) {
		w.host.stats.connections.Add(rep.Connections - w.opened)
		w.opened = rep.Connections
		model.Raise(&w.host.stats.peak, rep.PeakMemory)
	}
	return rep
}

// end closes the connection, which ends the process, and waits until it has ended.
func (w *worker) end() {
	_ = w.conn.Close()
	w.process.end(w.host.errors.logger)
}
