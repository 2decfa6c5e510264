//go:build !linux

package calibrate

import (
	"time"

	"forktax/bench"
)

// An alarm wakes one goroutine at an instant of bench.Now, as precisely as the runtime's timers.
type alarm struct{}

func newAlarm() (*alarm, error) { return &alarm{}, nil }

// until waits.
func (*alarm) until(at int64) { time.Sleep(time.Duration(at - bench.Now())) }

func (*alarm) close() {}
