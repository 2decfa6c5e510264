package contract

import "time"

// Package time reads CLOCK_MONOTONIC without a call to the kernel, but tells only differences. One reading of both says
// what to add.
var sharedThen, then = sharedClock(), time.Now()

// Now reads, in nanoseconds, the clock that all processes of the machine share and that nobody sets, CLOCK_MONOTONIC:
// so stamps of a host, its children and its clients can be subtracted from each other. On systems other than Linux it
// begins with the clock of the wall when the process starts, which is good for as long as nobody sets that.
func Now() int64 { return sharedThen + int64(time.Since(then)) }
