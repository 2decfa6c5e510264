//go:build linux

package load

import "golang.org/x/sys/unix"

// coreFiles is how many files a core may have open beside its connections.
const coreFiles = 2 + len(lingeringConns{}.fds)

// lingeringConns holds connections whose last answer is complete, until the server closes them. Closing first would
// make a server believe that its client has left, so that a CGI host may kill the child that has just answered, and
// would leave the port in TIME_WAIT on this side, which runs out of ports.
type lingeringConns struct {
	fds [64]int32 // beyond that the oldest is closed: this server does not
	n   int
}

func (l *lingeringConns) add(fd int) {
	if l.n == len(l.fds) {
		l.drop(int(l.fds[0]))
	}
	l.fds[l.n] = int32(fd)
	l.n++
}

// drop closes fd if it is here.
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
