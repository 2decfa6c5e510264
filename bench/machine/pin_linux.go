package machine

import (
	"fmt"
	"runtime"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Pin gives this process the first of the cores that it may run on, and returns what starts other processes on the
// rest. It is for the whole life of the process.
func Pin() (startFunc func(start func() error) error, err error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, fmt.Errorf("asking which cores there are: %w", err)
	}
	own, rest := split(all)
	if rest.Count() == 0 {
		return nil, fmt.Errorf("pinning needs two cores, and there is one")
	}
	threads, err := procfs.AllThreads(unix.Getpid()) // threads to come inherit from these
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

// split takes the first core from the others.
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

// startOn calls start on a thread of the given cores: a process that it forks inherits them.
func startOn(cores, own unix.CPUSet, start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.SchedSetaffinity(0, &cores); err != nil {
		return fmt.Errorf("pinning: %w", err)
	}
	defer unix.SchedSetaffinity(0, &own)
	return start()
}
