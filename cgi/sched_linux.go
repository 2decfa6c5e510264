package cgi

import (
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// Policies of the scheduler; see sched(7).
const (
	schedOther = 0
	schedBatch = 3
)

// useBatchPolicy has the threads of this process, and the processes that it starts, run by the policy SCHED_BATCH, if
// they run by none that somebody has chosen. Threads that are made later are as the one that makes them.
func useBatchPolicy() {
	if policy, _, err := syscall.Syscall(syscall.SYS_SCHED_GETSCHEDULER, 0, 0, 0); err != 0 || policy != schedOther {
		return
	}
	for range 2 { // one that makes another while it is looked for is there the second time
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return
		}
		for _, thread := range threads {
			if tid, err := strconv.Atoi(thread.Name()); err == nil {
				var priority int32 // there is but one
				_, _, _ = syscall.Syscall(syscall.SYS_SCHED_SETSCHEDULER, uintptr(tid), schedBatch,
					uintptr(unsafe.Pointer(&priority)))
			}
		}
	}
}
