//go:build linux

package load

import "golang.org/x/sys/unix"

// coreFiles is the number of files that a core may have open besides its connections.
const coreFiles = 2 + len(lingeringConns{}.fds)

// lingeringConns holds connections whose last response is complete, until the server closes them. If this side closed
// first, the server would see a client disconnect, and a CGI host might kill the child that has just responded. It
// would also leave ports in TIME_WAIT on this side, which could run out of ports.
type lingeringConns struct {
	fds [64]int32 // if full, the oldest is closed: its server does not close connections
	n   int
}

func (l *lingeringConns) add(fd int) {
	if l.n == len(l.fds) {
		l.drop(int(l.fds[0]))
	}
	l.fds[l.n] = int32(fd)
	l.n++
}

// drop closes fd if l holds it.
func (l *lingeringConns) drop(fd int) {
	for i, f := range l.fds[:l.n] {
		if int(f) == fd {
			unix.Close(fd)
			copy(l.fds[i:], l.fds[i+1:l.n])
			l.n--
			return
		}
	}
}

func (l *lingeringConns) close() {
	for l.n > 0 {
		l.drop(int(l.fds[0]))
	}
}
