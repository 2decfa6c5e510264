// Package account measures the CPU time of processes: of a tree of them, of a control group, and of the children of this
// process.
//
// Workload programs account for their workers by it, and the harness for servers of other origin. So it imports only the
// standard library.
package account

import "time"

// A CPU is a reading of CPU time, user and system together.
type CPU struct {
	Used time.Duration // until now
	// Resolution bounds the error of the difference of two readings, either way. Over many differences the errors cancel,
	// for where between two steps of a counter a reading falls is chance.
	Resolution time.Duration
}
