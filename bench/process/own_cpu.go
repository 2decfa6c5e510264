package process

import (
	"syscall"
	"time"
)

// OwnCPU returns the CPU time that all threads of this process have used.
func OwnCPU() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r) // fails only for a wrong first argument
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
