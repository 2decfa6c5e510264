package cgi

import (
	"os"
	"runtime"
	"sync"
)

// tuneScheduler prepares this process for starting many others. The effect of each part is in
// docs/decisions/0024-scheduling-of-the-host.md.
//
// A thread that starts a process keeps its P (a slot of Go's scheduler) while it waits in the kernel, so GOMAXPROCS is
// doubled unless the environment sets it. With SCHED_BATCH, a thread or child that wakes up does not preempt a child
// that is about to exit.
var tuneScheduler = sync.OnceFunc(func() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
	useBatchPolicy()
})
