package account

import (
	"slices"
	"syscall"
	"time"
)

// Children returns the resource usage of the children of this process that have been waited for, and the CPU time of
// the living children among pids. Nothing is counted twice, even if a child ends during the call. Without pids it is a
// single system call.
//
// The kernel rounds the times of ended children down to microseconds. The usage of processes that a living child has
// waited for is unknown until the child has ended.
func Children(pids ...int) (waited syscall.Rusage, living time.Duration) {
	left := slices.DeleteFunc(slices.Clone(pids), isWaitedFor)
	for {
		living = 0
		for _, pid := range left {
			used, _ := process(pid)
			living += used
		}
		_ = syscall.Getrusage(syscall.RUSAGE_CHILDREN, &waited) // fails only for a wrong first argument
		n := len(left)
		if left = slices.DeleteFunc(left, isWaitedFor); len(left) == n {
			return waited, living
		}
	}
}

// isWaitedFor reports whether a process is no longer a child of this process. The kernel adds the times of a child to
// its parent's after that, and before the CPU clock of the child disappears.
func isWaitedFor(pid int) bool {
	const (
		byPID   = 1 // P_PID
		onlyAsk = syscall.WNOHANG | syscall.WEXITED | syscall.WNOWAIT
	)
	_, _, err := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid), 0, onlyAsk, 0, 0)
	return err == syscall.ECHILD
}
