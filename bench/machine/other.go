//go:build !linux

package machine

import (
	"fmt"
	"os"
	"runtime"

	"forktax/bench/record"
)

// Of other systems only what Go itself knows is seen.

func describe(*record.Environment) {}

// Counters are not known here.
func Counters() record.Counters { return record.Counters{} }

// Pin is not possible here.
func Pin() (elsewhere func(start func() error) error, err error) {
	return nil, fmt.Errorf("pinning to cores is not possible on %s", runtime.GOOS)
}

type loadSample struct{}

func startSampling() loadSample { return loadSample{} }

func (loadSample) finish(*Facts) {}

func probe(*Facts) {}

func freeSpace(string) *uint64 { return nil }

// dropCachedPages is not known to be of use here.
func dropCachedPages(*os.File) {}
