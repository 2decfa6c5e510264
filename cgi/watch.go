package cgi

import (
	"fmt"
	"net/http"
	"syscall"
	"time"

	"forktax/bench"
)

const (
	lookEvery = time.Second / 2 // how often a child is looked at that takes its time
	grace     = 2 * time.Second // from SIGTERM to SIGKILL
	killEvery = 20 * time.Millisecond
	killTries = 100
)

// watch has the child looked at until it has been waited for.
func (e *exchange) watch() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.timer = time.AfterFunc(e.left(), e.look)
}

// left is how long it is until there is something to look for.
func (e *exchange) left() time.Duration {
	now, left := bench.Now(), lookEvery
	if total := e.host.limits.Total; total > 0 {
		left = min(left, time.Duration(e.begun-now)+total)
	}
	if idle := e.host.limits.Idle; idle > 0 {
		left = min(left, time.Duration(e.heard.Load()-now)+idle)
	}
	return left
}

// look ends a child whose time is over, or whose answer nobody is left to give or to take.
func (e *exchange) look() {
	now, limits := bench.Now(), e.host.limits
	lived, silent := time.Duration(now-e.begun), time.Duration(now-e.heard.Load())
	switch {
	case limits.Total > 0 && lived >= limits.Total:
		e.cut(http.StatusGatewayTimeout, fmt.Sprintf("the program took longer than %v", limits.Total))
	case limits.Idle > 0 && silent >= limits.Idle:
		e.cut(http.StatusGatewayTimeout, fmt.Sprintf("the program wrote nothing for %v", limits.Idle))
	case e.deserted():
		e.cut(http.StatusBadGateway, "the program has ended, and what it left behind keeps its answer open")
	case hungUp(e.request):
		e.leave()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.done {
		e.timer.Reset(max(e.left(), killEvery))
	}
}

// deserted says whether the child has ended, for the second time, with the head of its answer still to come.
func (e *exchange) deserted() bool {
	if e.headed.Load() {
		return false // then the answer is read by somebody who looks for that, too
	}
	ended := e.hasEnded()
	e.mu.Lock()
	defer e.mu.Unlock()
	before := e.orphaned
	e.orphaned = ended
	return before && ended
}

// leave ends a child whose client has gone. It is called, too, when the client is kept from sending the rest of its body.
func (e *exchange) leave() {
	if b, ok := e.asked.Body.(*body); ok && b.dropped.Load() {
		return
	}
	e.cut(0, "the client has gone")
}

// cut notes what is wrong, unless something was before, and ends the child with all that it has started. That takes until
// grace is over for what does not listen.
func (e *exchange) cut(status int, why string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.done {
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
	select {
	case <-e.started:
	case <-e.over: // without a child
		return
	}
	signal(family(int(e.pid.Load()), e.mark), syscall.SIGTERM)
	for begin := time.Now(); time.Since(begin) < grace; time.Sleep(killEvery) {
		if e.isOver() && len(family(0, e.mark)) == 0 {
			return
		}
	}
	for range killTries {
		all := family(int(e.pid.Load()), e.mark)
		if len(all) == 0 && e.isOver() {
			return
		}
		signal(all, syscall.SIGKILL)
		time.Sleep(killEvery)
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
