//go:build !linux

package machine

import (
	"fmt"
	"os"
	"runtime"

	"forktax/bench/record"
)

// Of other systems only what Go itself knows is seen.

type watch struct{}

func begin() watch { return watch{} }

func (watch) end(*Facts) {}

func see(*Facts) {}

func free(string) *uint64 { return nil }

func describe(*record.Environment) {}

// Counters are not known here.
func Counters() record.Counters { return record.Counters{} }

// letGo is not known to be of use here.
func letGo(*os.File) {}

// Pin is not possible here.
func Pin() (elsewhere func(start func() error) error, err error) {
	return nil, fmt.Errorf("pinning to cores is not possible on %s", runtime.GOOS)
}
