//go:build !linux

package machine

import (
	"fmt"
	"os"
	"runtime"

	"forktax/bench/record"
)

// On other systems, only the values that Go itself provides are available.

func describe(*record.Environment) {}

// Counters returns zeros: counters are not available on this system.
func Counters() record.Counters { return record.Counters{} }

// availableCores returns an error: pinning is not supported on this system.
func availableCores() ([]int, error) {
	return nil, fmt.Errorf("not supported on %s", runtime.GOOS)
}

// Generator does nothing on this system.
func (*Placement) Generator(bool) error { return nil }

// Start calls start.
func (*Placement) Start(_ string, start func() error) error { return start() }

type loadSample struct{}

func startSampling() loadSample { return loadSample{} }

func (loadSample) finish(*Facts) {}

func probe(*Facts) {}

func freeSpace(string) *uint64 { return nil }

// dropCachedPages does nothing on this system.
func dropCachedPages(*os.File) {}
