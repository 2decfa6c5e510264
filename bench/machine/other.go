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

// Pin returns an error: pinning is not supported on this system.
func Pin() (elsewhere func(start func() error) error, err error) {
	return nil, fmt.Errorf("pinning to cores is not supported on %s", runtime.GOOS)
}

type loadSample struct{}

func startSampling() loadSample { return loadSample{} }

func (loadSample) finish(*Facts) {}

func probe(*Facts) {}

func freeSpace(string) *uint64 { return nil }

// dropCachedPages does nothing on this system.
func dropCachedPages(*os.File) {}
