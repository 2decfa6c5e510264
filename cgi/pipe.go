//go:build linux || darwin

package cgi

import (
	"io"
	"os"
	"sync"
	"syscall"
)

// pagesInPipe is what a pipe holds at the most, unless somebody has made it larger; see pipe(7).
const pagesInPipe = 16

// A pipe is where a child's standard error comes out. To read it all the while costs a hundredth of a CGI request: what
// the child writes, and then its end, each wake a reader that is not in a hurry. So what is in it is read when the
// child has been waited for. One that lives longer is followed meanwhile, so that it never waits for room for longer
// than followAfter, and its words are in the log while they are news.
//
// A process that the child left behind may keep the other end open. Nobody waits for that.
type pipe struct {
	fd   int // never blocks
	take func(io.Reader) (int64, error)

	mu       sync.Mutex
	ended    bool          // the child has been waited for
	file     *os.File      // of fd; nil if it was not followed
	followed chan struct{} // closed when it is no longer
}

// duplicatePipe has r stay open when whoever gave it closes it, for take to have what is in it. It returns nil if that
// cannot be.
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

// follow has what comes read until the child has been waited for, from now on.
func (p *pipe) follow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended || p.file != nil {
		return
	}
	p.file, p.followed = os.NewFile(uintptr(p.fd), "standard error"), make(chan struct{})
	go func() {
		defer close(p.followed)
		_, _ = p.take(p.file) // ends by the deadline, if not before
	}()
}

// drain reads what is left by a child that has been waited for, and closes the pipe.
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

// rest has what is in the pipe now. What comes after as much as it holds cannot be the child's.
func (p *pipe) rest() io.Reader {
	return io.LimitReader(pipeContents(p.fd), int64(pagesInPipe*os.Getpagesize()))
}

// pipeContents reads what waits in a descriptor that does not block, and then is at its end.
type pipeContents int

func (fd pipeContents) Read(b []byte) (int, error) {
	n, err := syscall.Read(int(fd), b)
	for err == syscall.EINTR {
		n, err = syscall.Read(int(fd), b)
	}
	if n <= 0 || err != nil { // nobody writes any more, or somebody has not yet
		return 0, io.EOF
	}
	return n, nil
}
