package cgi

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"syscall"
	"time"

	"forktax/workload/contract"
)

const (
	watchEvery = 25 * time.Millisecond  // interval of the checks of all children
	watchFor   = time.Second            // how long the checks go on after the last child
	pause      = 100 * time.Millisecond // time without output after which Host.Streams sends data that is held back
	checkEvery = time.Second / 2        // interval of the more expensive checks of a child that runs for longer than that
	grace      = 2 * time.Second        // time from SIGTERM to SIGKILL
	killEvery  = 20 * time.Millisecond
	killTries  = 100
)

// exitPolls is the number of polls, yielding after each, before a thread blocks until a child exits. A child exits so
// soon after the end of its response that under load the thread rarely needs to block.
const exitPolls = 3

// watch inspects all exchanges until there has been none for watchFor. Most exchanges end before they are inspected,
// and none needs a timer, each of which can wake a thread.
func (s *exchanges) watch() {
	var seen []*exchange
	for idle := time.Duration(0); ; {
		time.Sleep(watchEvery)
		s.mu.Lock()
		seen = slices.AppendSeq(seen, maps.Keys(s.all))
		if idle += watchEvery; len(seen) > 0 {
			idle = 0
		}
		if idle >= watchFor || s.closed && len(seen) == 0 {
			s.watched = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		now := contract.Now()
		for _, e := range seen {
			e.inspect(now)
		}
		clear(seen)
		seen = seen[:0]
	}
}

// inspect terminates a child that has exceeded a time limit, that has exited while its response stays open, or whose
// client has disconnected.
func (e *exchange) inspect(now int64) {
	limits := e.host.limits
	lived, silent := time.Duration(now-e.begun), time.Duration(now-e.lastWrite.Load())
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
	case limits.Idle > 0 && silent >= limits.Idle:
		e.abort(http.StatusGatewayTimeout, fmt.Sprintf("the program wrote nothing for %v", limits.Idle))
	case lived < checkEvery || now-e.inspected < int64(checkEvery):
		return
	case e.isOrphaned():
		e.abort(http.StatusBadGateway, "the program has exited, but a process that it left behind keeps its response open")
	case disconnected(e.request):
		e.clientLeft()
	}
	e.inspected = now
}

// nudge interrupts the read of the child's response, so that the reader checks whether the child has paused or exited.
func (e *exchange) nudge() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reading != nil {
		_ = e.reading.SetReadDeadline(past)
	}
}

// setReading sets the pipe whose reads nudge interrupts; nil means none.
func (e *exchange) setReading(r deadliner) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reading = r
}

// past is a deadline that ends any wait at once.
var past = time.Unix(1, 0)

type deadliner interface{ SetReadDeadline(time.Time) error }

// isOrphaned reports whether the child had exited at two checks in a row, without a complete response header.
func (e *exchange) isOrphaned() bool {
	if e.hasHead.Load() {
		return false // hostResponse.ReadFrom does this check for the body
	}
	exited, before := e.hasExited(), e.orphaned
	e.orphaned = exited
	return before && exited
}

// clientLeft terminates a child whose client has disconnected. It is also called when the host stops reading the
// request body, and does nothing then.
func (e *exchange) clientLeft() {
	if b, ok := e.asked.Body.(*body); ok && b.dropped.Load() {
		return
	}
	e.abort(0, "the client has disconnected")
}

// abort records a fault, unless there is one, and terminates the child with its descendants in the background.
// Processes that ignore SIGTERM are killed after grace.
func (e *exchange) abort(status int, why string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.isOver() {
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
		all := descendants(e.pid(), e.mark)
		switch {
		case len(all) == 0 && e.isOver():
			return
		case time.Since(begin) >= grace:
			signal(all, syscall.SIGKILL)
			killed++
		case !terminated: // none are found if the child is about to be started
			signal(all, syscall.SIGTERM)
			terminated = len(all) > 0
		}
	}
	e.host.log(e.request, "some processes that the program has started cannot be killed")
}

// isOver reports whether the child has been waited for.
func (e *exchange) isOver() bool {
	select {
	case <-e.over:
		return true
	default:
		return false
	}
}
