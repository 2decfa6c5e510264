package cgi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"syscall"
	"time"

	"forktax/cgi/spawn"
	"forktax/workload/contract"
)

const (
	watchEvery = 25 * time.Millisecond  // interval of the checks of all children
	watchStep  = 4 * watchEvery         // the most that an interval adds to the clock
	watchFor   = time.Second            // how long the checks go on after the last child
	pause      = 100 * time.Millisecond // time without output after which Host.Streams sends data that is held back
	checkEvery = time.Second / 2        // interval of the check whether a client has disconnected
	grace      = 2 * time.Second        // time from SIGTERM to SIGKILL
	killEvery  = 20 * time.Millisecond
	killTries  = 100
)

// watch inspects all exchanges until there has been none for watchFor. Most exchanges end before they are inspected,
// and none needs a timer, each of which can wake a thread.
//
// It keeps the clock for time limits, which stops while this process does not run: children are not to blame for that.
func (s *exchanges) watch() {
	var seen []*exchange
	last := contract.Now()
	for idle := time.Duration(0); ; {
		time.Sleep(watchEvery)
		s.mu.Lock()
		seen = slices.AppendSeq(seen, maps.Keys(s.all))
		if idle += watchEvery; len(seen) > 0 {
			idle = 0
		}
		s.procs.Observe(s.most, watchEvery)
		s.most = len(seen)
		if idle >= watchFor || s.closed && len(seen) == 0 {
			s.watched = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		s.left.check(s.numbers)
		at := contract.Now()
		now := s.clock.Add(min(at-last, int64(watchStep)))
		last = at
		for _, e := range seen {
			e.inspect(now)
		}
		clear(seen)
		seen = seen[:0]
	}
}

// inspect terminates a child that has exceeded a time limit, that has ended while its response stays open, or whose
// client has disconnected.
func (e *exchange) inspect(now int64) {
	limits := e.host.limits
	lived, silent := time.Duration(now-e.born), time.Duration(now-e.lastActive.Load())
	if lived >= followAfter {
		e.stderr.follow()
	}
	if silent >= pause && now-e.nudged >= int64(pause) {
		e.nudged = now
		e.nudge()
	}
	switch {
	case limits.Total > 0 && lived >= limits.Total:
		e.abort(http.StatusGatewayTimeout, fmt.Sprintf("the program ran for longer than %v", limits.Total))
	case limits.Idle > 0 && silent >= limits.Idle && e.awaits.Load():
		e.abort(http.StatusRequestTimeout, fmt.Sprintf("no part of the request body came for %v", limits.Idle))
	case limits.Idle > 0 && silent >= limits.Idle && !e.unread():
		e.abort(http.StatusGatewayTimeout, fmt.Sprintf("the program wrote nothing for %v, or no complete header",
			limits.Idle))
	case lived < checkEvery || now-e.inspected < int64(checkEvery):
		return
	case disconnected(e.request):
		e.clientLeft()
	}
	e.inspected = now
}

// nudge interrupts the read of the child's response, so that the reader sends what was held back, or notices that the
// child has ended but left a process behind that keeps the pipe open. A reader that has something to read has not had
// the time for it.
func (e *exchange) nudge() {
	ended := e.child.Reap()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.output == nil || !spawn.Idle(e.pipe) {
		return
	}
	e.left = e.left || ended
	_ = e.output.SetReadDeadline(past)
}

// unread reports whether the host has not read yet what the child has written.
func (e *exchange) unread() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.output != nil && !spawn.Idle(e.pipe)
}

// past is a deadline that ends any wait at once.
var past = time.Unix(1, 0)

// clientLeft terminates a child whose client has disconnected.
func (e *exchange) clientLeft() { e.abort(0, "the client has disconnected") }

// abort records a fault, unless there is one, and terminates the child with its descendants in the background.
// Processes that ignore SIGTERM are killed after grace.
func (e *exchange) abort(status int, why string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.over.Load() {
		return
	}
	if e.fault == nil {
		e.fault = &fault{status, why}
	}
	if e.ending {
		return
	}
	e.ending = true
	e.host.running.busy.Add(1)
	go func() {
		defer e.host.running.busy.Done()
		e.kill()
	}()
}

func (e *exchange) kill() {
	terminated, killed := false, 0
	for begin := time.Now(); killed < killTries; time.Sleep(killEvery) {
		all := e.child.Descendants(contract.EnvChild + "=" + e.mark)
		switch {
		case len(all) == 0 && e.over.Load():
			return
		case time.Since(begin) >= grace:
			spawn.Signal(all, syscall.SIGKILL)
			killed++
		case !terminated: // none are found if the child is about to be started
			spawn.Signal(all, syscall.SIGTERM)
			terminated = len(all) > 0
		}
	}
	e.host.log(e.request, "some processes that the program has started cannot be killed")
}
