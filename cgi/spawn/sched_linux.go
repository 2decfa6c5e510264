package spawn

import (
	"os"
	"strconv"
	"syscall"
	"unsafe"
)

// Scheduling policies; see sched(7).
const (
	schedOther = 0
	schedBatch = 3
)

// useBatchPolicy sets the scheduling policy SCHED_BATCH for all threads of this process, unless the user has chosen
// another policy than the default. New threads and child processes inherit the policy.
func useBatchPolicy() {
	if policy, _, err := syscall.Syscall(syscall.SYS_SCHED_GETSCHEDULER, 0, 0, 0); err != 0 || policy != schedOther {
		return
	}
	for range 2 { // the second pass finds threads that were created during the first
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return
		}
		for _, thread := range threads {
			if tid, err := strconv.Atoi(thread.Name()); err == nil {
				var priority int32 // must be 0 for SCHED_BATCH
				_, _, _ = syscall.Syscall(syscall.SYS_SCHED_SETSCHEDULER, uintptr(tid), schedBatch,
					uintptr(unsafe.Pointer(&priority)))
			}
		}
	}
}
