package traps

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// acknowledgesAtOnce reports whether acknowledge works here.
const acknowledgesAtOnce = true

// acknowledge makes the kernel send the acknowledgement that it delays, and not delay the next one; see tcp(7),
// TCP_QUICKACK, which does not last.
func acknowledge(conn net.Conn) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) // without it the trap is only not confirmed
	})
}
