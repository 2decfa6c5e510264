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

// longestLine is how much of a child's standard error is logged as one line; what is longer is cut in pieces.
const longestLine = 4 << 10

// followAfter is how long a child may live until its pipe is read meanwhile: longer than most do, and short for
// somebody who looks at the log.
const followAfter = 50 * time.Millisecond

// A stderr takes what a child writes to its standard error: lines for the log, and among them its report. If package
// os/exec makes the pipe, it asks to read it when the child has been started, so that this is also how the host learns
// that it executes: net/http/cgi has no other way to tell. That takes a goroutine; who need not know has a pipe opened.
type stderr struct {
	log       func(line []byte)
	started   func() // is called when the child has been started; nil if nobody asks
	wanted    string // of the child's report; "" if it is not asked for one
	report    childReport
	executing int64                // when it was asked to read, by contract.Now; 0 if it was not
	pipe      atomic.Pointer[pipe] // that is read when the child has been waited for; nil if it was read before
	rest      []byte               // of a line whose end has not come
}

var _ io.ReaderFrom = (*stderr)(nil)

var buffers = sync.Pool{New: func() any { return new([longestLine]byte) }}

// ReadFrom is called by os/exec, by way of io.Copy, as soon as the child has been started. It returns at once if it
// can: os/exec, and so the request, waits for it.
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

// open makes a pipe and returns what the child is to have of it, or nil if that cannot be done here and now.
func (s *stderr) open() *os.File {
	from, to := openPipe()
	if to != nil {
		s.pipe.Store(newPipe(from, s.copy))
	}
	return to
}

// Write never fails.
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

// follow has what the child writes read meanwhile, from now on.
func (s *stderr) follow() {
	if p := s.pipe.Load(); p != nil {
		p.follow()
	}
}

// end takes what a child that has been waited for has left, and logs a last line without an end.
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
