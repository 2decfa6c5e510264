package cgi

import (
	"io"
	"os"
	"sync"
	"time"

	"forktax/cgi/child"
	"forktax/cgi/message"
	"forktax/cgi/spawn"
)

const (
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
	lines  message.Lines
	wanted string // value of child.Variable; "" for no report
	report child.Report

	mu       sync.Mutex
	fd       int           // read end, which never blocks
	is       bool          // the pipe is open, and the child has not ended
	file     *os.File      // file with fd; nil if the pipe was not followed
	followed chan struct{} // closed when the goroutine that follows the pipe has ended
}

// ask has the n-th child report, in a line that is not logged.
func (s *stderr) ask(n int64) { s.wanted, s.lines.Keep = child.Wanted(n), s.report.Read }

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
	s.lines.End()
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

var lineBuffers = sync.Pool{New: func() any { return new([message.LongestLine]byte) }}

func (s *stderr) copy(from io.Reader) {
	buffer := lineBuffers.Get().(*[message.LongestLine]byte)
	defer lineBuffers.Put(buffer)
	for {
		n, err := from.Read(buffer[:])
		_, _ = s.lines.Write(buffer[:n])
		if err != nil {
			return
		}
	}
}
