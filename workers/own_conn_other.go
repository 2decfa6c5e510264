//go:build !linux

package workers

import "syscall"

// awaitData does not wait on this system.
func awaitData(syscall.RawConn) bool { return true }
