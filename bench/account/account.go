// Package account measures the CPU time of processes: of a process tree, of a control group, and of the children of
// this process.
//
// Workload programs use it for their workers, and the harness for external servers. So it imports only the standard
// library.
package account

import "time"

// A CPU is a reading of CPU time, user and system together.
type CPU struct {
	Used time.Duration // CPU time used so far
	// Resolution bounds the absolute error of the difference of two readings. Over many differences the errors cancel,
	// because the position of a reading between two steps of the counter is random.
	Resolution time.Duration
}
