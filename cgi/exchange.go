package cgi

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/cgi"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"forktax/workload/contract"
)

// A fault is the reason why the response to a request is not that of its child.
type fault struct {
	status int    // status for the client, if no part of a response was sent; 0 if the client has disconnected
	why    string // reason for the log
}

// An exchange is a request and its child. It receives the child's response as net/http/cgi's client (hostResponse), the
// library's errors as its logger (Write), and the child's standard error (stderr). It finds the PID of the child
// (child_pid.go), watches the child, and terminates it with its descendants (watch.go).
type exchange struct {
	host     *Host
	request  *http.Request // request of the client
	asked    *http.Request // request for net/http/cgi
	response hostResponse
	stderr   stderr
	mark     string // mark in the environment of the child and its descendants

	begun     int64         // just before the child was started, by contract.Now
	lastWrite atomic.Int64  // when the child last wrote, at first begun
	hasHead   atomic.Bool   // the header of the child's response is complete
	unstarted bool          // the program could not be executed
	start     *childStart   // start of the child
	number    atomic.Int64  // PID of the child for Host.Children; 0 while it is unknown
	over      chan struct{} // closed, with mu held, when the child has been waited for

	mu      sync.Mutex
	fault   *fault    // the first one
	ending  bool      // the child is being terminated
	reading deadliner // the pipe of the response, while a goroutine reads its body

	// The following fields are used by inspect only.
	nudged, inspected int64 // when the child was last nudged and last inspected, by contract.Now
	orphaned          bool  // the child had exited at the last check, with its response open
}

// startTries is the largest number of attempts to execute a program that is open for writing (ETXTBSY). The process
// that has written it, or a new child of that process with the same descriptor, is about to close it.
const startTries = 6

// run starts a child for the request and passes on its response. If the response is a local redirect, it returns the
// request to serve next.
func (h *Host) run(w http.ResponseWriter, r *http.Request, s script, t *phaseStamps) (next *http.Request) {
	asked := h.childRequest(r)
	for try := 1; ; try++ {
		e := h.exchange(w, r, asked, t.recorder != nil)
		t.begun = e.begun
		e.run(s)
		if try < startTries && e.busy() {
			h.stats.unstarted.Add(1)
			time.Sleep(time.Millisecond << try)
			continue
		}
		h.stats.count(e.stderr.report)
		t.record(&e.stderr, &e.response)
		return e.end()
	}
}

// exchange returns a new exchange for a request; asked is the same request for net/http/cgi.
func (h *Host) exchange(w http.ResponseWriter, r, asked *http.Request, timed bool) *exchange {
	n := h.stats.attempted.Add(1)
	e := &exchange{host: h, request: r, asked: asked, mark: fmt.Sprintf("%s.%d", h.mark, n), begun: contract.Now(),
		over: make(chan struct{})}
	e.lastWrite.Store(e.begun)
	e.response = hostResponse{to: w, exchange: e, before: len(w.Header()), declared: -1, timed: timed}
	e.stderr = stderr{log: func(line []byte) { h.log(r, string(line)) }, started: e.applyLimits}
	if h.Reports {
		e.stderr.wanted = reportWanted(n)
	}
	return e
}

// run starts the child by net/http/cgi, which passes its response to e.response.
func (e *exchange) run(s script) {
	h := e.host
	vars := append(h.variables(e.request, s), contract.EnvChild+"="+e.mark)
	if e.stderr.wanted != "" {
		vars = append(vars, reportVariable+"="+e.stderr.wanted)
	}
	child := cgi.Handler{
		Path:       s.path,
		Root:       s.name,
		Args:       h.Args,
		Dir:        cmp.Or(h.Dir, filepath.Dir(s.path)),
		Env:        append(vars, h.Env...),
		InheritEnv: h.InheritEnv,
		Logger:     log.New(e, "", 0),
		Stderr:     &e.stderr,
	}
	e.start = pids.expect()
	defer pids.forget(e.start)
	if !h.running.add(e) {
		e.setFault(http.StatusServiceUnavailable, "the host is shutting down")
		return
	}
	defer h.running.remove(e)
	defer e.remember()
	if !e.response.timed && !hasLimits(h.limits) { // then the host need not know at once when the child has been started
		if to := e.stderr.open(); to != nil {
			child.Stderr = to
			defer to.Close()
		}
	}
	stop := context.AfterFunc(e.request.Context(), e.clientLeft)
	defer stop()
	child.ServeHTTP(&e.response, e.asked)
	e.mu.Lock()
	close(e.over)
	e.mu.Unlock()
	e.stderr.end()
}

// pid returns the PID of the child, or 0 if it is unknown or the child has been waited for.
func (e *exchange) pid() int {
	if e.isOver() {
		return 0
	}
	return pids.pid(e.start)
}

// remember records the child for Host.Children.
func (e *exchange) remember() {
	if e.host.recent.wanted() {
		e.host.recent.add(contract.Child{PID: int(e.number.Load()), BeganNS: e.begun, EndedNS: contract.Now()})
	}
}

// applyLimits sets the resource limits of the child. It is called when the child has just been started.
func (e *exchange) applyLimits() {
	if e.host.recent.wanted() {
		e.number.Store(int64(pids.pid(e.start)))
	}
	if !hasLimits(e.host.limits) {
		return
	}
	if err := limit(pids.pid(e.start), e.host.limits); err != nil {
		e.abort(http.StatusInternalServerError, fmt.Sprintf("setting the resource limits of the child: %v", err))
	}
}

func hasLimits(l contract.ChildLimits) bool { return l.CPU > 0 || l.Memory > 0 || l.Processes > 0 }

// Write receives the log messages of net/http/cgi, which are all errors: the library reports them in no other way.
// After most of them it goes on reading, or waits for a child whose output is no longer read; Write aborts both.
func (e *exchange) Write(line []byte) (int, error) {
	text := strings.TrimSpace(string(line))
	if why, found := strings.CutPrefix(text, "CGI error: "); found { // from before or in exec.Cmd.Start
		status := http.StatusInternalServerError
		if isTransient(why) {
			status = http.StatusServiceUnavailable
		}
		e.unstarted = true
		e.setFault(status, why)
		return len(line), nil
	}
	why := strings.TrimPrefix(text, "cgi: ")
	if strings.HasPrefix(why, "copy error") { // the client has disconnected; other reasons were recorded before
		e.abort(0, why)
		return len(line), nil
	}
	if how := e.pollExit(); how != "" && how != exitedOK {
		why += "; the program " + how
	}
	e.abort(http.StatusBadGateway, why)
	return len(line), nil
}

// textBusy is the error of executing a program that is open for writing.
const textBusy = syscall.ETXTBSY

// transientErrnos are the errors of starting a program that are likely to pass.
var transientErrnos = []syscall.Errno{syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE, textBusy}

// isTransient reports whether a program could not be started for lack of a system resource, which will pass. The
// library reports the error as text only.
func isTransient(why string) bool {
	return slices.ContainsFunc(transientErrnos, func(e syscall.Errno) bool { return strings.HasSuffix(why, e.Error()) })
}

// setFault records a fault, unless there is one.
func (e *exchange) setFault(status int, why string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fault == nil {
		e.fault = &fault{status, why}
	}
}

// firstFault returns the recorded fault, or nil.
func (e *exchange) firstFault() *fault {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fault
}

// busy reports whether the program could not be executed because it is open for writing.
func (e *exchange) busy() bool {
	f := e.firstFault()
	return f != nil && e.unstarted && strings.HasSuffix(f.why, textBusy.Error())
}

// end completes the response. If there is a fault, it logs that and responds with its status, or aborts the response if
// a part of it was sent. If the response is a local redirect, it returns the request to serve next.
func (e *exchange) end() (next *http.Request) {
	f := e.firstFault()
	if f == nil {
		if status, why := e.response.fault(); why != "" {
			f = &fault{status, why}
		}
	}
	b, streamed := e.asked.Body.(*body)
	last := streamed && !e.response.passed && !b.drain() // this is the last response on the connection
	if f == nil {
		if last {
			e.response.Header().Set("Connection", "close")
		}
		return e.response.end()
	}
	if e.unstarted {
		e.host.stats.unstarted.Add(1)
	}
	if f.status != 0 {
		e.host.stats.failed.Add(1)
		e.host.log(e.request, f.why)
	}
	if e.response.passed || f.status == 0 {
		panic(http.ErrAbortHandler) // so that the client does not take the response for complete
	}
	clear(e.response.Header())
	if last {
		e.response.Header().Set("Connection", "close")
	}
	if f.status == http.StatusServiceUnavailable {
		unavailable(e.response.to)
	} else {
		refuse(e.response.to, f.status)
	}
	return nil
}

// exchanges is the set of exchanges that have a child.
type exchanges struct {
	mu      sync.Mutex
	all     map[*exchange]struct{}
	closed  bool
	watched bool           // the goroutine watch is running
	busy    sync.WaitGroup // exchanges, and goroutines that terminate their children
}

func (s *exchanges) add(e *exchange) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.all == nil {
		s.all = map[*exchange]struct{}{}
	}
	s.all[e] = struct{}{}
	s.busy.Add(1)
	if !s.watched {
		s.watched = true
		go s.watch()
	}
	return true
}

func (s *exchanges) remove(e *exchange) {
	s.mu.Lock()
	delete(s.all, e)
	s.mu.Unlock()
	s.busy.Done()
}

// close aborts all exchanges and waits until they have ended.
func (s *exchanges) close() {
	s.mu.Lock()
	s.closed = true
	for e := range s.all {
		e.abort(http.StatusServiceUnavailable, "the host is shutting down")
	}
	s.mu.Unlock()
	s.busy.Wait()
}
