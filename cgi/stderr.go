package cgi

import (
	"bytes"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"forktax/workload/contract"
)

// longestLine is the length in bytes after which a line of a child's standard error is split for the log.
const longestLine = 4 << 10

// followAfter is the lifetime of a child after which its standard error is read while it runs. Most children exit
// earlier, and the delay of their messages in the log is short for a human reader.
const followAfter = 50 * time.Millisecond

// A stderr receives a child's standard error: lines for the log, and the report of the child.
//
// If package os/exec creates the pipe, it calls ReadFrom when the child has been started. This is how the host learns
// that the child executes its program; net/http/cgi has no other way. It takes a goroutine, though. If the host does
// not need to know, it calls open to create the pipe itself.
type stderr struct {
	log       func(line []byte)
	started   func() // called when the child has been started; may be nil
	wanted    string // value of reportVariable; "" for no report
	report    childReport
	executing int64                // when ReadFrom was called, by contract.Now; 0 if it was not
	pipe      atomic.Pointer[pipe] // read after the child has been waited for; nil if os/exec reads it
	rest      []byte               // beginning of an incomplete line
}

var _ io.ReaderFrom = (*stderr)(nil)

var buffers = sync.Pool{New: func() any { return new([longestLine]byte) }}

// ReadFrom is called by os/exec, through io.Copy, as soon as the child has been started. It returns at once if it can
// duplicate the pipe, because os/exec, and so the request, waits for it.
func (s *stderr) ReadFrom(r io.Reader) (int64, error) {
	s.executing = contract.Now()
	if s.started != nil {
		s.started()
	}
	p := duplicatePipe(r, s.copy)
	if p == nil {
		return s.copy(r)
	}
	s.pipe.Store(p)
	return 0, nil
}

func (s *stderr) copy(r io.Reader) (int64, error) {
	buffer := buffers.Get().(*[longestLine]byte)
	defer buffers.Put(buffer)
	return io.CopyBuffer(struct{ io.Writer }{s}, struct{ io.Reader }{r}, buffer[:])
}

// open creates a pipe and returns the end for the child, or nil if that fails.
func (s *stderr) open() *os.File {
	from, to := openPipe()
	if to != nil {
		s.pipe.Store(newPipe(from, s.copy))
	}
	return to
}

// Write logs complete lines and keeps the rest. It never fails.
func (s *stderr) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, newline)
		rest = after
		s.rest = append(s.rest, line...)
		if whole || len(s.rest) > longestLine {
			s.line(s.rest)
			s.rest = s.rest[:0]
		}
	}
	return len(p), nil
}

// follow starts to read the pipe while the child runs.
func (s *stderr) follow() {
	if p := s.pipe.Load(); p != nil {
		p.follow()
	}
}

// end reads the rest of the pipe and logs a last line without a newline. It is called when the child has been waited
// for.
func (s *stderr) end() {
	if p := s.pipe.Load(); p != nil {
		p.drain()
	}
	if len(s.rest) > 0 {
		s.line(s.rest)
		s.rest = nil
	}
}

var newline = []byte("\n")

func (s *stderr) line(line []byte) {
	if s.wanted != "" && s.report.read(line) {
		return
	}
	if line = bytes.TrimRight(line, "\r"); len(line) > 0 {
		s.log(line)
	}
}
