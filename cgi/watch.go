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
	watchEvery = 25 * time.Millisecond  // how often a host looks at its children, while it has any
	watchFor   = time.Second            // for how long after that
	pause      = 100 * time.Millisecond // for how long a child must not have written for what there is to be sent
	lookEvery  = time.Second / 2        // how often more is looked at of a child that takes its time
	grace      = 2 * time.Second        // from SIGTERM to SIGKILL
	killEvery  = 20 * time.Millisecond
	killTries  = 100
)

// endLooks is how often others are let run before a thread waits for a child's end. That follows the end of its answer
// so closely that under load the thread need not.
const endLooks = 3

// watch looks at all exchanges until there has been none for a while. So most end without having been looked at, and
// none needs a timer, of which each can wake a thread.
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

// inspect ends a child whose time is over, or whose answer nobody is left to give or to take.
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
		e.abort(http.StatusGatewayTimeout, fmt.Sprintf("the program took longer than %v", limits.Total))
	case limits.Idle > 0 && silent >= limits.Idle:
		e.abort(http.StatusGatewayTimeout, fmt.Sprintf("the program wrote nothing for %v", limits.Idle))
	case lived < lookEvery || now-e.inspected < int64(lookEvery):
		return
	case e.isOrphaned():
		e.abort(http.StatusBadGateway, "the program has ended, and what it left behind keeps its answer open")
	case disconnected(e.request):
		e.clientLeft()
	}
	e.inspected = now
}

// nudge wakes who reads the child's answer, to see whether more of it will come.
func (e *exchange) nudge() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reads != nil {
		_ = e.reads.SetReadDeadline(past)
	}
}

// nudgeable has what r is read from nudged from now on; nothing, if it is nil.
func (e *exchange) nudgeable(r deadliner) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reads = r
}

// past is a deadline that ends any wait at once.
var past = time.Unix(1, 0)

type deadliner interface{ SetReadDeadline(time.Time) error }

// isOrphaned reports whether the child has ended, for the second time, with the head of its answer still to come.
func (e *exchange) isOrphaned() bool {
	if e.hasHead.Load() {
		return false // then the answer is read by somebody who looks for that, too
	}
	ended, before := e.hasEnded(), e.orphaned
	e.orphaned = ended
	return before && ended
}

// clientLeft ends a child whose client has gone. It is called, too, when the client is kept from sending the rest of
// its body.
func (e *exchange) clientLeft() {
	if b, ok := e.asked.Body.(*body); ok && b.dropped.Load() {
		return
	}
	e.abort(0, "the client has gone")
}

// abort notes what is wrong, unless something was before, and ends the child with all that it has started. That takes
// until grace is over for what does not listen.
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
	told, killed := false, 0
	for begin := time.Now(); killed < killTries; time.Sleep(killEvery) {
		all := descendants(e.pid(), e.mark)
		switch {
		case len(all) == 0 && e.isOver():
			return
		case time.Since(begin) >= grace:
			signal(all, syscall.SIGKILL)
			killed++
		case !told: // it may be just about to be started
			signal(all, syscall.SIGTERM)
			told = len(all) > 0
		}
	}
	e.host.log(e.request, "what the program has started cannot be ended")
}

func (e *exchange) isOver() bool {
	select {
	case <-e.over:
		return true
	default:
		return false
	}
}
