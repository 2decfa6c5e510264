package machine

import (
	"fmt"
	"runtime"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// availableCores returns the cores that this process may run on.
func availableCores() (cores []int, err error) {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return nil, fmt.Errorf("getting the available cores: %w", err)
	}
	for core := range maxCore + 1 {
		if all.IsSet(core) {
			cores = append(cores, core)
		}
	}
	return cores, nil
}

func setOf(cores []int) (set unix.CPUSet) {
	for _, core := range cores {
		set.Set(core)
	}
	return set
}

// Generator pins this process to the cores of the generator, or lets it run on all that are available.
func (p *Placement) Generator(pinned bool) error {
	cores := p.available
	if pinned {
		cores = p.own[GeneratorName]
	}
	set := setOf(cores)
	threads, err := procfs.AllThreads(unix.Getpid()) // later threads inherit from these
	if err != nil {
		return fmt.Errorf("pinning: %w", err)
	}
	for _, thread := range threads {
		if err := unix.SchedSetaffinity(thread.PID, &set); err != nil && err != unix.ESRCH {
			return fmt.Errorf("pinning: %w", err)
		}
	}
	return nil
}

// Start calls start, which starts a process of a target, on a thread that is pinned to the cores of the target, which
// the process inherits.
func (p *Placement) Start(target string, start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var own unix.CPUSet
	set := setOf(p.coresOf(target))
	err := unix.SchedGetaffinity(0, &own)
	if err == nil {
		err = unix.SchedSetaffinity(0, &set)
	}
	if err != nil {
		return fmt.Errorf("pinning: %w", err)
	}
	defer unix.SchedSetaffinity(0, &own)
	return start()
}
