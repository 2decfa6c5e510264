//go:build linux || darwin

package cgi

import (
	"io"
	"os"
	"sync"
	"syscall"
)

// pagesInPipe is the default capacity of a pipe in pages; see pipe(7).
const pagesInPipe = 16

// A pipe is the read end of a child's standard error. Reading it while the child runs adds about 1% to a CGI request,
// because each write and the end of the pipe wake the reader. So it is read after the child has been waited for. If the
// child runs for longer than followAfter, a goroutine reads the pipe from then on: the child is not blocked by a full
// pipe, and its messages are logged in time.
//
// A process that the child left behind may keep the write end open. The host does not wait for it.
type pipe struct {
	fd   int // never blocks
	take func(io.Reader) (int64, error)

	mu       sync.Mutex
	ended    bool          // the child has been waited for
	file     *os.File      // file with fd; nil if the pipe was not followed
	followed chan struct{} // closed when the goroutine that follows the pipe has ended
}

// duplicatePipe duplicates the descriptor of r, so that take can read it after the caller has closed r. It returns nil
// if that fails.
func duplicatePipe(r io.Reader, take func(io.Reader) (int64, error)) *pipe {
	file, ok := r.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := file.SyscallConn()
	if err != nil {
		return nil
	}
	var fd uintptr
	var failed syscall.Errno
	if err := raw.Control(func(of uintptr) {
		fd, _, failed = syscall.Syscall(syscall.SYS_FCNTL, of, syscall.F_DUPFD_CLOEXEC, 0)
	}); err != nil || failed != 0 {
		return nil
	}
	return newPipe(int(fd), take)
}

func newPipe(fd int, take func(io.Reader) (int64, error)) *pipe {
	return &pipe{fd: fd, take: take}
}

// follow starts a goroutine that reads the pipe until the child has been waited for.
func (p *pipe) follow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || p.file != nil {
		return
	}
	p.file, p.followed = os.NewFile(uintptr(p.fd), "standard error"), make(chan struct{})
	go func() {
		defer close(p.followed)
		_, _ = p.take(p.file) // drain sets a deadline, which ends it
	}()
}

// drain reads the rest of what the child wrote, and closes the pipe. It is called when the child has been waited for.
func (p *pipe) drain() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	if p.file == nil {
		_, _ = p.take(p.rest())
		_ = syscall.Close(p.fd)
		return
	}
	_ = p.file.SetReadDeadline(past)
	<-p.followed
	_, _ = p.take(p.rest())
	_ = p.file.Close()
}

// rest returns a reader of the current content of the pipe, at most its capacity: more cannot be from the child.
func (p *pipe) rest() io.Reader {
	return io.LimitReader(pipeContents(p.fd), int64(pagesInPipe*os.Getpagesize()))
}

// pipeContents is a non-blocking descriptor as a reader. Its end is where a read would block.
type pipeContents int

func (fd pipeContents) Read(b []byte) (int, error) {
	n, err := syscall.Read(int(fd), b)
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), b)
	}
	if n <= 0 || err != nil { // the write end is closed, or the pipe is empty
		return 0, io.EOF
	}
	return n, nil
}
