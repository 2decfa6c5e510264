package cgi

import (
	"syscall"
	"unsafe"
)

const established = 1 // TCP_ESTABLISHED

// peerClosed reports whether the other end of a TCP connection has closed it, for sending at least.
func peerClosed(conn syscall.Conn) (is bool) {
	raw, err := conn.SyscallConn()
	if err != nil {
		return true
	}
	err = raw.Control(func(fd uintptr) {
		var state uint8 // the first field of struct tcp_info
		length := uint32(unsafe.Sizeof(state))
		_, _, failed := syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO,
			uintptr(unsafe.Pointer(&state)), uintptr(unsafe.Pointer(&length)), 0)
		is = failed == 0 && state != established
	})
	return is || err != nil
}
