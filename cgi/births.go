package cgi

import (
	"iter"
	"math"
	"runtime"
	"sync"
	"time"

	"forktax/workload/contract"
)

// A birth is the start of a process, whose number has to be found out: net/http/cgi does not tell which process it has
// started.
type birth struct{ pid int } // 0 until it is known, and if it cannot be

// births finds the numbers. The kernel numbers processes in the order in which they start and tells the last number. So a
// process that is a child of this one, and has a number from after its start began, is the child of that start; if there
// is no more than one start whose child is not known. Each therefore waits for that of the one before: for a tenth of a
// millisecond, since the child is there long before it executes its program, for which package os waits. To look at a
// number is a system call of a quarter of a microsecond, and there are few numbers to look at.
type births struct {
	mu     sync.Mutex
	unborn *birth // the start whose child is not known
	after  int    // a number that was given before it
	found  int64  // when the child of the start before was, by contract.Now
	known  map[int]bool
}

// starts are those of this process.
var starts = births{known: map[int]bool{}}

// A start looks for the child of the one before as often as others let it, and then now and then.
const (
	unbornLooks = 8
	unbornFor   = 50 * time.Microsecond
)

// lately is how long the number of the last child serves as the last one.
const lately = time.Millisecond

// expect is to be called before a process is started.
func (s *births) expect() *birth {
	b := &birth{}
	for looks := 0; !s.begin(b); looks++ {
		if looks < unbornLooks {
			runtime.Gosched()
		} else {
			time.Sleep(unbornFor)
		}
	}
	return b
}

func (s *births) begin(b *birth) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unborn != nil && !s.find() {
		return false
	}
	if contract.Now()-s.found > int64(lately) { // else the child that was found has the last number, or nearly
		last, told := lastNumber()
		if !told {
			return true
		}
		s.after = last
	}
	s.unborn = b
	return true
}

// child returns the number of the process, which is to be started or has been, if it is known by now.
func (s *births) child(b *birth) (pid int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unborn == b {
		s.find()
	}
	return b.pid
}

// forget is to be called when the process has been waited for, or could not be started. Another may have its number then.
func (s *births) forget(b *birth) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unborn == b {
		s.unborn, s.found = nil, 0 // it may have one all the same, after the number that is known
	}
	delete(s.known, b.pid)
}

// nextNumbers is how many numbers are looked at before it is asked which is the last: where little else starts, the
// child has the next.
const nextNumbers = 3

func (s *births) find() bool {
	for pid := range nextNumbers {
		if s.is(s.after + 1 + pid) {
			return true
		}
	}
	last, _ := lastNumber()
	for pid := range numbers(s.after, last) {
		if s.is(pid) {
			return true
		}
	}
	return false
}

// is says whether the child that is not known has that number, and if so, knows it.
func (s *births) is(pid int) bool {
	if s.known[pid] || !isChild(pid) {
		return false
	}
	s.unborn.pid, s.unborn = pid, nil
	s.known[pid] = true
	s.after, s.found = pid, contract.Now()
	return true
}

// numbers are those that were given after one, up to the last. After the highest they begin anew.
func numbers(after, last int) iter.Seq[int] {
	return func(yield func(int) bool) {
		count, highest := last-after, math.MaxInt
		if count < 0 {
			highest = highestNumber()
			count += highest
		}
		for i := range count {
			if !yield((after+i)%highest + 1) {
				return
			}
		}
	}
}
