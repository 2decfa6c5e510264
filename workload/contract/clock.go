package contract

import "time"

// Package time reads CLOCK_MONOTONIC without a system call, but returns only differences. One reading of both clocks
// gives the offset.
var sharedThen, then = readClocks()

// Limits of reading both clocks: a process may be preempted between the two, in which case it reads them again.
const (
	mostReadings = 20
	closeEnough  = 5 * time.Microsecond
)

// readClocks reads the shared clock and that of package time at the same moment, with an error of a few microseconds.
// The reading with the smallest error counts.
func readClocks() (shared int64, at time.Time) {
	least := time.Duration(1<<63 - 1)
	for range mostReadings {
		before, now := sharedClock(), time.Now()
		apart := time.Duration(sharedClock() - before)
		if apart < least {
			least, shared, at = apart, before+int64(apart)/2, now
		}
		if least <= closeEnough {
			break
		}
	}
	return shared, at
}

// Now returns the reading of CLOCK_MONOTONIC in nanoseconds. All processes of a machine share this clock and it is
// never set, so timestamps of a host, its children and its clients can be subtracted from each other. On systems other
// than Linux, Now begins with the wall clock at the start of the process, and is comparable as long as that is not set.
func Now() int64 { return sharedThen + int64(time.Since(then)) }
