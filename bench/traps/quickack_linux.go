package traps

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// acknowledgesAtOnce reports whether acknowledge works on this system.
const acknowledgesAtOnce = true

// acknowledge makes the kernel send a delayed acknowledgement now, and not delay the next one. See TCP_QUICKACK in
// tcp(7); the setting is not permanent.
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
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) // on failure the trap is not confirmed
	})
}
