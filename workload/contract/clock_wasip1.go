package contract

import "unsafe"

//go:wasmimport wasi_snapshot_preview1 clock_time_get
//go:noescape
func clockTimeGet(id uint32, precision uint64, result unsafe.Pointer) uint32

// sharedClock reads the host's monotonic clock.
func sharedClock() (now int64) {
	const monotonic = 1
	clockTimeGet(monotonic, 1, unsafe.Pointer(&now))
	return now
}
