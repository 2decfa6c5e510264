package workers

import (
	"runtime"
	"syscall"
	"time"
	"unsafe"
)

// longestSilence is how long a connection waits without the scheduler's knowledge. The scheduler interrupts what runs
// for 10 ms.
const longestSilence = 5 * time.Millisecond

// awaitData waits until a connection has data, and reports whether it has some within longestSilence.
func awaitData(c syscall.RawConn) (has bool) {
	err := c.Control(func(fd uintptr) {
		poll := struct {
			fd              int32
			events, revents int16
		}{fd: int32(fd), events: 1} // POLLIN
		limit := syscall.NsecToTimespec(int64(longestSilence))
		n, _, _ := syscall.RawSyscall6(syscall.SYS_PPOLL, uintptr(unsafe.Pointer(&poll)), 1,
			uintptr(unsafe.Pointer(&limit)), 0, 0, 0)
		has = int(n) > 0
	})
	if !has {
		runtime.Gosched() // others may have waited for the processor
	}
	return has && err == nil
}
