//go:build unix

package workload

import (
	"os"
	"syscall"
	"time"

	"forktax/bench/account"
	"forktax/workload/contract"
)

func cpu(r syscall.Rusage) time.Duration {
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// osUsage returns the part of the usage that the operating system reports, except peak memory; see child.PeakMemory.
// The usage of other children, which served no request, is subtracted. The CPU time of running workers is included,
// their page faults and context switches only after they have exited.
func osUsage(other syscall.Rusage, workers []int) contract.Usage {
	var self syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &self) // fails only for an invalid first argument
	children, living := account.Children(workers...)
	return contract.Usage{
		SelfCPUNS:           int64(cpu(self)),
		ChildrenCPUNS:       int64(cpu(children) + living - cpu(other)),
		MinorFaults:         int64(self.Minflt + children.Minflt - other.Minflt),
		MajorFaults:         int64(self.Majflt + children.Majflt - other.Majflt),
		VoluntarySwitches:   int64(self.Nvcsw + children.Nvcsw - other.Nvcsw),
		InvoluntarySwitches: int64(self.Nivcsw + children.Nivcsw - other.Nivcsw),
	}
}

// add adds the usage of a process, in the fields that osUsage reads.
func add(to *syscall.Rusage, p *os.ProcessState) {
	r, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return
	}
	to.Utime = syscall.NsecToTimeval(to.Utime.Nano() + r.Utime.Nano())
	to.Stime = syscall.NsecToTimeval(to.Stime.Nano() + r.Stime.Nano())
	to.Minflt += r.Minflt
	to.Majflt += r.Majflt
	to.Nvcsw += r.Nvcsw
	to.Nivcsw += r.Nivcsw
}
