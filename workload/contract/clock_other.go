//go:build !linux && !wasip1

package contract

import "time"

// sharedClock reads the wall clock.
func sharedClock() int64 { return time.Now().UnixNano() }
