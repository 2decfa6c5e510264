package spawn

import "syscall"

// An ID identifies a process. A later process can have the same PID, but on Linux not the same ID.
type ID struct {
	PID   int
	began int64 // ticks from the start of the system to that of the process; 0 if unknown
}

// A Found is a running process that a search has found.
type Found struct {
	ID
	Parent int    // PID of its parent
	Mark   string // rest of the variable that begins with the prefix; "" if its environment has none
}

// Signal sends a signal to those of the processes that still run.
func Signal(ids []ID, s syscall.Signal) {
	for _, id := range ids {
		id.signal(s)
	}
}
