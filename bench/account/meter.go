package account

import (
	"context"
	"time"
)

// A Meter reads what a server uses, with all that it starts: of a control group where one could be made, and else of
// the tree of its processes. It is used by one goroutine at a time.
type Meter struct {
	Group *Group // that the server was started in; nil if there is none
	PIDs  []int  // of the processes that were started first
	// Supervised is set if PIDs are those of supervisors: they are the roots of the tree, and not part of the server.
	Supervised bool
	// ForgetsChildren is set if the server has the kernel forget its children, so that only a control group has the CPU
	// time of those that have ended.
	ForgetsChildren bool

	seen map[identity]bool // processes of the server
}

// An identity is of one process only: numbers are used again.
type identity struct {
	pid     int
	started int64
}

// A Reading is what a server has used since it started, with all that it has started.
type Reading struct {
	CPU
	OnlyCPU     bool  // the server has the kernel forget its children: nothing else is known
	MinorFaults int64 // page faults without a disk, of those that live and of those that were waited for
	MajorFaults int64 // page faults that read a disk, likewise
	EndedFaults int64 // the part of both that is of those that were waited for
	PeakMemory  int64 // bytes: the highest resident size of each that lives, added up
	Processes   int64 // how many were seen to live, at this reading or one before it
}

const (
	restStep = time.Millisecond       // between two looks at processes
	restWait = 100 * time.Millisecond // on waiting for them to rest
)

const (
	idleTime  = 50 * time.Millisecond // between two looks at a server that may still be starting
	idleShare = 100                   // an idle one uses less than one part in so many of a core
)

// AwaitIdle waits until the server is idle: one that accepts connections may still be starting others of its processes.
// It waits until ctx ends if the server never is.
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

// CPU is what the group says, or else what the tree does, unless its processes forget their children. Of a server that
// has ended it is not known.
func (m *Meter) CPU() (cpu CPU, known bool) {
	if !Alive(m.PIDs...) {
		return CPU{}, false
	}
	if cpu, known = m.Group.CPU(); known || m.ForgetsChildren {
		return cpu, known
	}
	return Tree(m.PIDs...)
}

// CPUAtRest is the CPU time once the server rests: its processes outlive the client that they served a little, and what
// they use then is that client's.
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
