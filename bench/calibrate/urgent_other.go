//go:build !linux

package calibrate

import (
	"time"

	"forktax/workload/contract"
)

// An alarm wakes one goroutine at an instant of contract.Now, as precisely as the runtime's timers.
type alarm struct{}

func newAlarm() (*alarm, error) { return &alarm{}, nil }

// until waits.
func (*alarm) until(at int64) { time.Sleep(time.Duration(at - contract.Now())) }

func (*alarm) close() {}

// urgent does nothing: there is no way to ask for it here.
func urgent() {}
