package spawn

import (
	"os"
	"syscall"
	"unsafe"
)

// Numbers of system calls that package syscall does not define.
const (
	sysPidfdSendSignal = 424
	sysPidfdOpen       = 434
)

// attributes are those of a child that package syscall starts. The kernel kills it when this process dies.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// waitByDescriptor waits until the child has ended, by a descriptor in the poller of Go's runtime, and reports whether
// that is possible: Linux has such descriptors since 5.3, and non-blocking ones since 5.10.
func (p *Process) waitByDescriptor() bool {
	p.mu.Lock()
	if p.reaped {
		p.mu.Unlock()
		return true
	}
	fd, _, err := syscall.Syscall(sysPidfdOpen, uintptr(p.pid), syscall.O_NONBLOCK, 0)
	p.mu.Unlock()
	if err != 0 {
		return false
	}
	file := os.NewFile(fd, "child")
	defer file.Close()
	raw, failed := file.SyscallConn()
	return failed == nil && raw.Read(func(uintptr) bool { return p.Reap() }) == nil
}

// Idle reports whether a pipe is empty while a process can still write to it.
func Idle(pipe int) bool {
	poll := struct {
		fd              int32
		events, revents int16
	}{fd: int32(pipe), events: 1} // POLLIN
	var now syscall.Timespec
	n, _, err := syscall.Syscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1, uintptr(unsafe.Pointer(&now)), 0,
		0, 0)
	return err == 0 && n == 0
}

// Pipe returns a pipe. One end is for a child; it blocks. The other, ours, does not: the read end if reads.
func Pipe(reads bool) (own, child int, err error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC|syscall.O_NONBLOCK); err != nil {
		return 0, 0, os.NewSyscallError("pipe2", err)
	}
	own, child = ends[0], ends[1]
	if !reads {
		own, child = ends[1], ends[0]
	}
	_, _, _ = syscall.Syscall(syscall.SYS_FCNTL, uintptr(child), syscall.F_SETFL, 0) // cannot fail for a pipe
	return own, child, nil
}
