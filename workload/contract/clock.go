package contract

import "time"

// Package time reads CLOCK_MONOTONIC without a system call, but returns only differences. One reading of both clocks
// gives the offset.
var sharedThen, then = sharedClock(), time.Now()

// Now returns the reading of CLOCK_MONOTONIC in nanoseconds. All processes of a machine share this clock and it is
// never set, so timestamps of a host, its children and its clients can be subtracted from each other. On systems other
// than Linux, Now begins with the wall clock at the start of the process, and is comparable as long as that is not set.
func Now() int64 { return sharedThen + int64(time.Since(then)) }
