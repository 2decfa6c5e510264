package machine

import (
	"fmt"
	"runtime"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Pin pins this process to the first core that it may run on, and returns a function that starts other processes on the
// remaining cores. It cannot be undone.
func Pin() (startFunc func(start func() error) error, err error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, fmt.Errorf("pinning: getting the available cores: %w", err)
	}
	own, rest := split(all)
	if rest.Count() == 0 {
		return nil, fmt.Errorf("pinning needs at least 2 cores, but only 1 is available")
	}
	threads, err := procfs.AllThreads(unix.Getpid()) // later threads inherit from these
	if err != nil {
		return nil, fmt.Errorf("pinning: %w", err)
	}
	for _, thread := range threads {
		if err := unix.SchedSetaffinity(thread.PID, &own); err != nil && err != unix.ESRCH {
			return nil, fmt.Errorf("pinning: %w", err)
		}
	}
	return func(start func() error) error { return startOn(rest, own, start) }, nil
}

// split returns the first core of the set, and the other cores.
func split(all unix.CPUSet) (first, rest unix.CPUSet) {
	rest = all
	for core := range 1024 {
		if all.IsSet(core) {
			first.Set(core)
			rest.Clear(core)
			return first, rest
		}
	}
	return first, rest
}

// startOn calls start on a thread that is pinned to the given cores. A process that start forks inherits them.
func startOn(cores, own unix.CPUSet, start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.SchedSetaffinity(0, &cores); err != nil {
		return fmt.Errorf("pinning: %w", err)
	}
	defer unix.SchedSetaffinity(0, &own)
	return start()
}
