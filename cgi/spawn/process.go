//go:build unix

package spawn

import (
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// A Process is a child. The zero Process is not started. The PID of a child cannot be given to another process before
// the child is reaped.
type Process struct {
	mu     sync.Mutex
	pid    int // 0 until the child is started
	reaped bool
	status syscall.WaitStatus // how the child ended, if reaped
}

func (p *Process) started(pid int) {
	p.mu.Lock()
	p.pid = pid
	p.mu.Unlock()
}

// PID returns the PID; 0 if the child is not started.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.pid
}

// Reap reports whether the child has ended. It does not wait.
func (p *Process) Reap() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped || p.pid == 0 {
		return p.reaped
	}
	for {
		pid, err := syscall.Wait4(p.pid, &p.status, syscall.WNOHANG, nil)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil: // reaped by others: SIGCHLD is ignored
			p.reaped = true
		case pid == p.pid:
			p.reaped = true
		}
		return p.reaped
	}
}

// exitPolls is the number of polls, yielding after each, before wait uses other means. A child exits so soon after the
// end of its response that this rarely happens.
const exitPolls = 3

// Wait waits until the child has ended.
func (p *Process) Wait() {
	for range exitPolls {
		if p.Reap() {
			return
		}
		runtime.Gosched()
	}
	if p.waitByDescriptor() {
		return
	}
	for pause := time.Millisecond / 4; !p.Reap(); pause = min(2*pause, 20*time.Millisecond) {
		time.Sleep(pause)
	}
}

// Exit describes how the child ended. killed reports that a signal ended it. It must be reaped.
func (p *Process) Exit() (how string, killed bool) {
	switch s := p.status; {
	case s.Signaled():
		return "was killed (signal: " + s.Signal().String() + ")", true
	case s.ExitStatus() != 0:
		return "ended with status " + strconv.Itoa(s.ExitStatus()), false // bench/subject recognizes these texts in logs
	}
	return "", false
}

// Signal sends a signal to the child, unless it is not started or has been reaped.
func (p *Process) Signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pid != 0 && !p.reaped {
		_ = syscall.Kill(p.pid, s) // fails if the child now belongs to another user
	}
}

// Read reads from a non-blocking descriptor.
func Read(fd int, b []byte) (n int, err error) {
	n, err = syscall.Read(fd, b)
	for err == syscall.EINTR {
		n, err = syscall.Read(fd, b)
	}
	return n, err
}

// Close closes descriptors, except negative ones.
func Close(fds ...int) {
	for _, fd := range fds {
		if fd >= 0 {
			_ = syscall.Close(fd)
		}
	}
}
