package account

import (
	"slices"
	"syscall"
	"time"
)

// Children reads what the children of this process have used: those that have been waited for, and the CPU time of those
// of the PIDs that live. Nothing is counted twice, whenever one of them ends. Without PIDs it costs one call to
// the kernel.
//
// The kernel rounds the times of ended children down to microseconds. What a living child has waited for itself is not
// known until it has ended.
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

// isWaitedFor reports whether a process is no child of this one any more. The kernel adds the times of a child to those of
// its parent after it has made it so, and before its clock ends.
func isWaitedFor(pid int) bool {
	const (
		byPID   = 1 // P_PID
		onlyAsk = syscall.WNOHANG | syscall.WEXITED | syscall.WNOWAIT
	)
	_, _, err := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid), 0, onlyAsk, 0, 0)
	return err == syscall.ECHILD
}
