package load

import "context"

// An Alternator is an Engine that can interleave several visits, with one request in flight at a time.
type Alternator interface {
	Engine
	// Alternate makes closed-loop visits with one client each. turns lists the indexes of the visits whose requests make
	// up one cycle, in order. Cycles are always completed, and repeat until the Length of the first visit is over and
	// each visit has its MinRequests. Observations of visit i go to recorders[i] after the last cycle; their times count
	// from the common start.
	Alternate(ctx context.Context, visits []Visit, turns []int, recorders []Recorder) error
}
