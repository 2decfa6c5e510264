package cgi

import (
	"iter"
	"math"
	"runtime"
	"sync"
	"time"

	"forktax/workload/contract"
)

// A childStart is the start of a process whose PID has to be found: net/http/cgi does not tell which process it has
// started.
type childStart struct{ pid int } // 0 until it is known, and if it cannot be

// A pidFinder finds the PIDs. The kernel numbers processes in the order in which they start and tells the last number.
// So a process that is a child of this one, and has a number from after its start began, is the child of that start; if
// there is no more than one start whose child is not known. Each therefore waits for that of the one before: for a
// tenth of a millisecond, since the child is there long before it executes its program, for which package os waits. To
// look at a number is a system call of a quarter of a microsecond, and there are few numbers to look at.
type pidFinder struct {
	mu      sync.Mutex
	pending *childStart // the start whose child is not known
	after   int         // a number that was given before it
	found   int64       // when the child of the start before was, by contract.Now
	known   map[int]bool
}

// pids finds those of the children of this process.
var pids = pidFinder{known: map[int]bool{}}

// A start looks for the child of the one before as often as others let it, and then now and then.
const (
	pendingLooks = 8
	pendingPause = 50 * time.Microsecond
)

// recentPID is how long the PID of the last child counts as the last one.
const recentPID = time.Millisecond

// expect is to be called before a process is started.
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
	if contract.Now()-s.found > int64(recentPID) { // else the child that was found has the last number, or nearly
		last, told := lastPID()
		if !told {
			return true
		}
		s.after = last
	}
	s.pending = b
	return true
}

// pid returns the PID of the process, which is to be started or has been, if it is known by now.
func (s *pidFinder) pid(b *childStart) (pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == b {
		s.find()
	}
	return b.pid
}

// forget is to be called when the process has been waited for, or could not be started. Another may have its number
// then.
func (s *pidFinder) forget(b *childStart) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending == b {
		s.pending, s.found = nil, 0 // it may have one all the same, after the number that is known
	}
	delete(s.known, b.pid)
}

// nextPIDs is how many PIDs are looked at before it is asked which is the last: where little else starts, the
// child has the next.
const nextPIDs = 3

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

// claim reports whether the child that is not known has that PID, and if so, keeps it.
func (s *pidFinder) claim(pid int) bool {
	if s.known[pid] || !isChild(pid) {
		return false
	}
	s.pending.pid, s.pending = pid, nil
	s.known[pid] = true
	s.after, s.found = pid, contract.Now()
	return true
}

// pidsBetween are those that were given after one, up to the last. After the highest they begin anew.
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
