package cgi

import (
	"iter"
	"math"
	"runtime"
	"sync"
	"time"

	"forktax/workload/contract"
)

// A childStart is the start of a process whose PID has to be found: net/http/cgi does not report the PID of the process
// that it has started.
type childStart struct{ pid int } // 0 while the PID is unknown

// A pidFinder finds the PIDs of children. The kernel numbers processes in the order of their start and reports the last
// number. So a child of this process whose number was given after a start began belongs to that start, provided that
// it is the only start whose child is unknown. Each start therefore waits until the child of the previous one is found.
//
// That takes about 0.1 ms: the child exists long before it executes its program, which is what package os waits for.
// Checking a number is a system call of 0.25 µs, and there are few numbers to check.
type pidFinder struct {
	mu      sync.Mutex
	pending *childStart  // the start whose child is unknown
	after   int          // a number that was given before that start
	found   int64        // when the previous child was found, by contract.Now
	known   map[int]bool // PIDs of children that have been found and not forgotten
}

// pids finds the PIDs of the children of this process.
var pids = pidFinder{known: map[int]bool{}}

// A start looks for the child of the previous start pendingLooks times, yielding in between, and then after each
// pendingPause.
const (
	pendingLooks = 8
	pendingPause = 50 * time.Microsecond
)

// recentPID is the time for which the PID of the last child found is taken for the last number given.
const recentPID = time.Millisecond

// expect must be called before a process is started. The caller must call forget in the end.
func (s *pidFinder) expect() *childStart {
	b := &childStart{}
	for looks := 0; !s.tryBegin(b); looks++ {
		if looks < pendingLooks {
			runtime.Gosched()
		} else {
			time.Sleep(pendingPause)
		}
	}
	return b
}

func (s *pidFinder) tryBegin(b *childStart) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending != nil && !s.find() {
		return false
	}
	if contract.Now()-s.found > int64(recentPID) { // else the child found last has about the last number
		last, ok := lastPID()
		if !ok {
			return true
		}
		s.after = last
	}
	s.pending = b
	return true
}

// pid returns the PID of the process, or 0 if it is unknown. It may be called before the process has been started.
func (s *pidFinder) pid(b *childStart) (pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == b {
		s.find()
	}
	return b.pid
}

// forget must be called when the process has been waited for or could not be started. Its PID may then be reused.
func (s *pidFinder) forget(b *childStart) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == b {
		s.pending, s.found = nil, 0 // the process may have used a number after the last known one
	}
	delete(s.known, b.pid)
}

// nextPIDs is the number of PIDs that are checked before the kernel is asked for the last one: where few other
// processes start, the child has the next number.
const nextPIDs = 3

// find looks for the child of the pending start and reports whether it was found.
func (s *pidFinder) find() bool {
	for pid := range nextPIDs {
		if s.claim(s.after + 1 + pid) {
			return true
		}
	}
	last, _ := lastPID()
	for pid := range pidsBetween(s.after, last) {
		if s.claim(pid) {
			return true
		}
	}
	return false
}

// claim reports whether pid is the child of the pending start, and if so, assigns it.
func (s *pidFinder) claim(pid int) bool {
	if s.known[pid] || !isChild(pid) {
		return false
	}
	s.pending.pid, s.pending = pid, nil
	s.known[pid] = true
	s.after, s.found = pid, contract.Now()
	return true
}

// pidsBetween yields the PIDs in (after, last], wrapping around at the highest PID.
func pidsBetween(after, last int) iter.Seq[int] {
	return func(yield func(int) bool) {
		count, highest := last-after, math.MaxInt
		if count < 0 {
			highest = maxPID()
			count += highest
		}
		for i := range count {
			if !yield((after+i)%highest + 1) {
				return
			}
		}
	}
}
