package machine

import (
	"runtime"
	"time"

	"forktax/workload/contract"
)

// Jitter describes the gaps in which a busy thread did not run.
type Jitter struct {
	Longest time.Duration `json:"longest_ns"` // the longest gap
	Share   float64       `json:"share"`      // the share of time in gaps longer than jitterGap
}

const (
	jitterTime = time.Second
	// jitterGap is longer than an interrupt, and shorter than a scheduler's time slice.
	jitterGap = 100 * time.Microsecond
)

// measureJitter reads the clock in a loop for the given duration.
func measureJitter(duration time.Duration) Jitter {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var j Jitter
	var lost time.Duration
	began := stamp()
	for last := began; last < began+duration; {
		now := stamp()
		if d := now - last; d > jitterGap {
			lost += d
			j.Longest = max(j.Longest, d)
		}
		last = now
	}
	j.Share = float64(lost) / float64(stamp()-began)
	return j
}

// stamp reads the clock that measurements use.
func stamp() time.Duration { return time.Duration(contract.Now()) }

// clockCost returns the cost of reading that clock: the smallest of many means, which other processes disturbed least.
func clockCost() time.Duration {
	const means, readings = 100, 100
	least := time.Duration(1<<63 - 1)
	for range means {
		began := stamp()
		for range readings {
			stamp()
		}
		least = min(least, (stamp()-began)/readings)
	}
	return least
}
