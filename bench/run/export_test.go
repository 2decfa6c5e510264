package run

import "time"

// What the tests reach of the inside, from outside of the package.

// The parts of a search.
var (
	Bisect     = bisect
	SearchDown = searchDown
)

// SetClock has the schedule of a run go by another clock.
func SetClock(r *Runner, now func() time.Time) { r.now = now }
