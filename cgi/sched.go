package cgi

import (
	"os"
	"runtime"
	"sync"
)

// tuneScheduler prepares this process for starting many others, unless its environment says how it is to run.
// docs/decisions/0024-scheduling-of-the-host.md says what each part is worth.
//
// A thread that starts a process keeps its share of Go's scheduler while it waits in the kernel, so there are twice as
// many shares as cores. And what wakes, a thread of the host or a child, had better wait than interrupt a child that is
// about to end.
var tuneScheduler = sync.OnceFunc(func() {
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * runtime.GOMAXPROCS(0))
	}
	useBatchPolicy()
})
