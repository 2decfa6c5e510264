//go:build linux

package load

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"forktax/bench/record"
)

// A conn is a connection of a core, with the request under way on it. Without a request it is on the core's free list,
// open or closed; it is opened when it is used.
type conn struct {
	slot    int    // index in core.conns
	fd      int    // -1 while closed
	watched uint32 // epoll events requested; 0: not watched
	used    bool   // at least one response has arrived on it
	hup     bool   // the server has closed its side

	busy      bool // a request is under way
	request   *coreRequest
	checked   bool // the verifier examines the response
	written   int  // bytes of the request that were written
	intended  time.Duration
	sent      time.Duration
	firstByte time.Duration // 0: no byte has arrived
	resume    time.Duration // when to try again after a refusal; 0: no wait
	parser    parser
}

const (
	readable = unix.EPOLLIN | unix.EPOLLRDHUP
	hungUp   = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
)

// dial starts connecting. On loopback the connection is usually established when it returns; otherwise the poller
// reports the connection as writable later.
func (k *conn) dial(family int, to unix.Sockaddr) error {
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	// Without TCP_NODELAY the last part of a request longer than a packet waits for an acknowledgement.
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if err := unix.Connect(fd, to); err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return err
	}
	k.fd, k.watched, k.used, k.hup = fd, 0, false, false
	return nil
}

// waitConnected waits until k is connected, for at most limit, and reports whether it is. It closes a connection that
// was refused.
func (k *conn) waitConnected(limit time.Duration) bool {
	p := []unix.PollFd{{Fd: int32(k.fd), Events: unix.POLLOUT}}
	n, _ := unix.Poll(p, int(limit/time.Millisecond)) // EINTR counts as not connected yet
	if n > 0 && p[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
		k.close()
		return false
	}
	return n > 0
}

// close closes the connection, which also removes it from the poller.
func (k *conn) close() {
	if k.fd >= 0 {
		unix.Close(k.fd)
		k.fd = -1
	}
}

// write sends as much of b as the socket accepts, and returns the number of bytes.
func (k *conn) write(b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(k.fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

// read receives into b, and returns the number of bytes.
func (k *conn) read(b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(k.fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), 0, 0, 0)
	return int(n), errno
}

// class returns the class of a failed system call on k.
func (k *conn) class(errno unix.Errno) string {
	switch errno {
	case unix.ECONNREFUSED, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.EADDRNOTAVAIL, unix.EMFILE, unix.ENFILE:
		return record.ErrRefused
	case unix.ECONNRESET, unix.EPIPE:
		return record.ErrReset
	case unix.ETIMEDOUT: // the kernel's limit for connecting, or for a packet that is not acknowledged
		if k.written == 0 {
			return record.ErrRefused
		}
		return record.ErrReset
	}
	return record.ErrOther
}
