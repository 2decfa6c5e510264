//go:build !linux

package contract

import "time"

// sharedClock reads the wall clock.
func sharedClock() int64 { return time.Now().UnixNano() }
