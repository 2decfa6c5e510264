package cgi

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"forktax/cgi/child"
	"forktax/cgi/spawn"
)

const (
	// longestLine is the length in bytes after which a line of a child's standard error is split for the log.
	longestLine = 4 << 10
	// mostLogged is the number of bytes that are logged for a child's standard error, with the time and request of each
	// line.
	mostLogged = 1 << 20
	// perLine is the number of bytes of a line of the log besides the request and the text.
	perLine = 40
	// followAfter is the lifetime of a child after which its standard error is read while it runs. Most children exit
	// earlier, and the delay of their messages in the log is short for a human reader.
	followAfter = 50 * time.Millisecond
	// pagesInPipe is the default capacity of a pipe in pages; see pipe(7).
	pagesInPipe = 16
)

// A stderr receives a child's standard error: lines for the log, and the report of the child.
//
// Reading it while the child runs adds about 1% to a CGI request, because each write and the end of the pipe wake the
// reader. So it is read after the child has ended. If the child runs for longer than followAfter, a goroutine reads the
// pipe from then on: the child is not blocked by a full pipe, and its messages are logged in time.
//
// A process that the child left behind may keep the write end open. The host does not wait for it.
type stderr struct {
	log     func(line []byte)
	perLine int    // bytes that the log adds to a line
	wanted  string // value of child.Variable; "" for no report
	report  child.Report
	rest    []byte // beginning of an incomplete line
	logged  int    // bytes of the log
	dropped int64  // bytes that were not logged

	mu       sync.Mutex
	fd       int           // read end, which never blocks
	is       bool          // the pipe is open, and the child has not ended
	file     *os.File      // file with fd; nil if the pipe was not followed
	followed chan struct{} // closed when the goroutine that follows the pipe has ended
}

// open begins with the read end of a pipe, which never blocks.
func (s *stderr) open(fd int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fd, s.is = fd, true
}

// follow starts to read the pipe while the child runs.
func (s *stderr) follow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.is || s.file != nil {
		return
	}
	s.file, s.followed = os.NewFile(uintptr(s.fd), "standard error of a child"), make(chan struct{})
	go func() {
		defer close(s.followed)
		s.copy(s.file) // end sets a deadline, which ends it
	}()
}

// end reads the rest of the pipe and closes it. It is called when the child has ended.
func (s *stderr) end() {
	s.mu.Lock()
	s.is = false
	s.mu.Unlock()
	if s.file != nil {
		_ = s.file.SetReadDeadline(past)
		<-s.followed
	}
	s.copy(io.LimitReader(pipeContents(s.fd), int64(pagesInPipe*os.Getpagesize()))) // more cannot be from the child
	if s.file != nil {
		_ = s.file.Close()
	} else {
		spawn.Close(s.fd)
	}
	s.endLines()
}

// endLines logs a last line without a newline, and says what was not logged.
func (s *stderr) endLines() {
	if len(s.rest) > 0 {
		s.line(s.rest)
	}
	if s.dropped > 0 {
		s.log(fmt.Appendf(nil, "%d more bytes on standard error are not logged", s.dropped))
	}
}

// pipeContents is a non-blocking descriptor as a reader. Its end is where a read would block.
type pipeContents int

func (fd pipeContents) Read(b []byte) (int, error) {
	n, err := spawn.Read(int(fd), b)
	if n <= 0 || err != nil { // the write end is closed, or the pipe is empty
		return 0, io.EOF
	}
	return n, nil
}

var lineBuffers = sync.Pool{New: func() any { return new([longestLine]byte) }}

func (s *stderr) copy(from io.Reader) {
	buffer := lineBuffers.Get().(*[longestLine]byte)
	defer lineBuffers.Put(buffer)
	for {
		n, err := from.Read(buffer[:])
		s.take(buffer[:n])
		if err != nil {
			return
		}
	}
}

// take logs complete lines and keeps the rest.
func (s *stderr) take(p []byte) {
	for rest := p; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, newline)
		rest = after
		s.rest = append(s.rest, line...)
		if whole || len(s.rest) > longestLine {
			s.line(s.rest)
			s.rest = s.rest[:0]
		}
	}
}

var newline = []byte("\n")

func (s *stderr) line(line []byte) {
	if s.wanted != "" && s.report.Read(line) {
		return
	}
	if line = bytes.TrimRight(line, "\r"); len(line) == 0 {
		return
	}
	if s.logged+len(line)+s.perLine > mostLogged {
		s.dropped += int64(len(line))
		return
	}
	s.logged += len(line) + s.perLine
	s.log(line)
}
