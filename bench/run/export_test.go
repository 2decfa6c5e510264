package run

import "time"

// Exported for tests in package run_test.

// The parts of a search.
var (
	Bisect     = bisect
	SearchDown = searchDown
)

// SetClock sets the clock of a run's schedule.
func SetClock(r *Runner, now func() time.Time) { r.now = now }
