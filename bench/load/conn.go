//go:build linux

package load

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"forktax/bench/record"
)

// A conn is one of a core's connections and the request that is under way on it. Without a request it is on the core's
// free list, whether it stands or not: whoever takes it opens it.
type conn struct {
	slot    int    // its index
	fd      int    // -1 while it is closed
	watched uint32 // the events that the poller was asked for; 0 while it is not watched
	used    bool   // an answer has come on it
	hup     bool   // the server has closed its side

	busy      bool // a request is under way
	request   *coreRequest
	checked   bool // the verifier has its answer
	written   int  // bytes of it
	intended  time.Duration
	sent      time.Duration
	firstByte time.Duration // 0 before it
	resume    time.Duration // when a client that was refused tries again; 0 if it need not wait
	parser    parser
}

const (
	readable = unix.EPOLLIN | unix.EPOLLRDHUP
	hungUp   = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
)

// dial begins to connect. On loopback the connection usually stands when it returns; elsewhere the poller reports it
// writable.
func (k *conn) dial(family int, to unix.Sockaddr) error {
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	// Without it the last part of a request longer than a packet waits for an acknowledgement.
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if err := unix.Connect(fd, to); err != nil && err != unix.EINPROGRESS {
		unix.Close(fd)
		return err
	}
	k.fd, k.watched, k.used, k.hup = fd, 0, false, false
	return nil
}

// waitConnected waits until k is connected, but not for ever, and reports whether it is. One that is refused is closed.
func (k *conn) waitConnected(patience time.Duration) bool {
	p := []unix.PollFd{{Fd: int32(k.fd), Events: unix.POLLOUT}}
	n, _ := unix.Poll(p, int(patience/time.Millisecond)) // an error is a signal: not yet
	if n > 0 && p[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
		k.close()
		return false
	}
	return n > 0
}

// close ends the connection, which also takes it out of the poller.
func (k *conn) close() {
	if k.fd >= 0 {
		unix.Close(k.fd)
		k.fd = -1
	}
}

// write sends some of b.
func (k *conn) write(b []byte) (int, unix.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(k.fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))),
		uintptr(len(b)), unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

// read receives some bytes into b.
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
	case unix.ETIMEDOUT: // the kernel's own limit, on connecting or on a packet that is not acknowledged
		if k.written == 0 {
			return record.ErrRefused
		}
		return record.ErrReset
	}
	return record.ErrOther
}
