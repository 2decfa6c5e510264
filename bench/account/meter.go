package account

import (
	"context"
	"time"
)

// A Meter measures the resource usage of a server and its descendants. It reads a control group, if one could be
// created, or else the process tree. It is used by one goroutine at a time.
type Meter struct {
	Group *Group // group in which the server was started; nil if there is none
	PIDs  []int  // root processes of the server
	// Supervised is set if PIDs are supervisors: they are the roots of the tree, and not part of the server.
	Supervised bool
	// ForgetsChildren is set if the server ignores SIGCHLD. Then only a control group has the CPU time of children that
	// have ended.
	ForgetsChildren bool

	seen map[identity]bool // processes of the server
}

// An identity identifies a process; a PID alone may be reused.
type identity struct {
	pid     int
	started int64
}

// A Reading is the resource usage of a server and its descendants since the server started. Living processes and
// processes that were waited for are included.
type Reading struct {
	CPU
	OnlyCPU     bool  // the server ignores SIGCHLD: all other fields are unknown
	MinorFaults int64 // page faults without disk access
	MajorFaults int64 // page faults with disk access
	EndedFaults int64 // minor and major faults of processes that were waited for
	PeakMemory  int64 // bytes: sum of the peak resident sizes of the living processes
	Processes   int64 // distinct processes seen at this reading and all earlier ones
}

const (
	restStep = time.Millisecond       // pause between two readings
	restWait = 100 * time.Millisecond // limit on waiting for the server to rest
)

const (
	idleTime  = 50 * time.Millisecond // time between two readings of a server that may still be starting
	idleShare = 100                   // an idle server uses less than 1/idleShare of a core
)

// AwaitIdle waits until the server is idle or ctx ends. A server that accepts connections may still be starting other
// processes.
func (m *Meter) AwaitIdle(ctx context.Context) {
	before, known := m.CPUAtRest()
	for known {
		select {
		case <-ctx.Done():
			return
		case <-time.After(idleTime):
		}
		var now CPU
		if now, known = m.CPUAtRest(); now.Used-before.Used < idleTime/idleShare {
			return
		}
		before = now
	}
}

// CPU returns the CPU time of the group, or else of the process tree unless the server forgets its children. It reports
// false if that is unknown, as for a server that has ended.
func (m *Meter) CPU() (cpu CPU, known bool) {
	if !Alive(m.PIDs...) {
		return CPU{}, false
	}
	if cpu, known = m.Group.CPU(); known || m.ForgetsChildren {
		return cpu, known
	}
	return Tree(m.PIDs...)
}

// CPUAtRest returns the CPU time as soon as it no longer grows, at the latest after restWait. Processes of the server
// run a little longer than the request that they serve, and that CPU time belongs to the request.
func (m *Meter) CPUAtRest() (cpu CPU, known bool) {
	cpu, known = m.CPU()
	for begin := time.Now(); known && time.Since(begin) < restWait; {
		time.Sleep(restStep)
		now, still := m.CPU()
		if now.Used == cpu.Used {
			break
		}
		cpu, known = now, still
	}
	return cpu, known
}
