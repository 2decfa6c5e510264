package load

import "context"

// An Alternator is an Engine that can make several visits at the same time, a request at a time.
type Alternator interface {
	Engine
	// Alternate makes closed-loop visits of one client each. Their requests follow one another: turns lists the indexes of
	// the visits whose requests make up one cycle. A cycle is always completed. Another one begins until the Length of the
	// first visit is over and each visit has its MinRequests. Observations of visit i go to recorders[i], after the last
	// cycle, with times from the common beginning.
	Alternate(ctx context.Context, visits []Visit, turns []int, recorders []Recorder) error
}
