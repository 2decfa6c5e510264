package machine

import (
	"runtime"
	"time"

	"forktax/workload/contract"
)

// Jitter is how often a thread that wanted to run did not.
type Jitter struct {
	Longest time.Duration `json:"longest_ns"` // for which it did not
	Share   float64       `json:"share"`      // of the time, in all that were above a tenth of a millisecond
}

const (
	jitterTime = time.Second
	// jitterGap is longer than an interrupt, and shorter than the slice of time that a scheduler gives to another.
	jitterGap = 100 * time.Microsecond
)

// measureJitter has a thread do nothing but read the clock for so long.
func measureJitter(long time.Duration) Jitter {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var j Jitter
	var lost time.Duration
	began := stamp()
	for last := began; last < began+long; {
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

// stamp reads the clock that all stamps are made by.
func stamp() time.Duration { return time.Duration(contract.Now()) }

// clockCost is how long it takes to read that clock: the least of some hundred means, which
// others have not disturbed.
func clockCost() time.Duration {
	const means, looks = 100, 100
	least := time.Duration(1<<63 - 1)
	for range means {
		began := stamp()
		for range looks {
			stamp()
		}
		least = min(least, (stamp()-began)/looks)
	}
	return least
}
