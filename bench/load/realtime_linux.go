package load

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// withRealTime calls run on a thread of its own, in an open loop at real-time priority where that is permitted (root,
// or a limit on real-time priority above zero). A generator on the server's cores is otherwise woken when the server
// lets go of one: beside a busy cgi host on two cores its p99 of lag was 1 to 2 ms, at real-time priority 0.04. Clients
// have machines of their own, so that is the truer picture; and the thread runs some microseconds for a request. In a
// closed loop, where it would never wait long, it stays with the others.
func withRealTime(open bool, run func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if open {
		// Threads that the runtime makes from this one are to be as others are: reset on fork.
		realTime := unix.SchedAttr{Policy: unix.SCHED_FIFO, Priority: 1, Flags: unix.SCHED_FLAG_RESET_ON_FORK}
		if unix.SchedSetAttr(0, &realTime, 0) == nil {
			defer unix.SchedSetAttr(0, &unix.SchedAttr{Policy: unix.SCHED_NORMAL}, 0)
		}
	}
	run()
}
