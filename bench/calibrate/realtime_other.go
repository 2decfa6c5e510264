//go:build !linux

package calibrate

import (
	"time"

	"forktax/workload/contract"
)

// A wakeTimer wakes one goroutine at a time of contract.Now, with the precision of the runtime's timers.
type wakeTimer struct{}

func newWakeTimer() (*wakeTimer, error) { return &wakeTimer{}, nil }

// until waits until the time at, in nanoseconds of contract.Now.
func (*wakeTimer) until(at int64) { time.Sleep(time.Duration(at - contract.Now())) }

func (*wakeTimer) close() {}

// useRealTime is not implemented on this system.
func useRealTime() {}
