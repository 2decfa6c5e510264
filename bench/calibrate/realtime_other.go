//go:build !linux

package calibrate

import (
	"time"

	"forktax/workload/contract"
)

// A wakeTimer wakes one goroutine at an instant of contract.Now, as precisely as the runtime's timers.
type wakeTimer struct{}

func newWakeTimer() (*wakeTimer, error) { return &wakeTimer{}, nil }

// until waits.
func (*wakeTimer) until(at int64) { time.Sleep(time.Duration(at - contract.Now())) }

func (*wakeTimer) close() {}

// useRealTime does nothing: there is no way to ask for it here.
func useRealTime() {}
