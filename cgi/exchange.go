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

// A fault is why a request is not answered by what its child wrote.
type fault struct {
	status int    // for the client, if it has no answer yet; 0 if the client is the one that has gone
	why    string // for the log
}

// An exchange is a request and the child that answers it.
type exchange struct {
	host     *Host
	request  *http.Request // as it came
	asked    *http.Request // as net/http/cgi sees it
	response hostResponse
	stderr   stderr
	mark     string // in the environment of the child, and of what that starts

	begun     int64         // when its child was about to be started, by contract.Now
	lastWrite atomic.Int64  // when the child last wrote, or was begun
	hasHead   atomic.Bool   // the head of its answer is complete
	unstarted bool          // there is none: its program could not be executed
	start     *childStart   // of its child
	number    atomic.Int64  // of its child, if somebody looks at children; 0 until it is known
	over      chan struct{} // closed, with mu held, when the child has been waited for

	mu     sync.Mutex
	fault  *fault    // the first one
	ending bool      // the child is being ended
	reads  deadliner // where its answer comes from, while somebody waits for more of it

	// What follows is for who watches.
	nudged, inspected int64 // when that was, by contract.Now
	orphaned          bool  // the child had ended when it was last looked at, with its answer open
}

// startTries is how often a program is executed that is being written (ETXTBSY): whoever has done it, or has just
// started a process of its own that shares the descriptor, is about to close it.
const startTries = 6

// run has a child answer. It returns the request by whose answer this one is to be answered, if that is another.
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

// exchange is that of a request, which net/http/cgi sees as asked.
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

// run has net/http/cgi start the child, and pass on its answer.
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
		e.setFault(http.StatusServiceUnavailable, "the host is about to end")
		return
	}
	defer h.running.remove(e)
	defer e.remember()
	if !e.response.timed && !hasLimits(h.limits) { // then nobody need know at once that it has been started
		if to := e.stderr.open(); to != nil {
			child.Stderr = to
			defer to.Close()
		}
	}
	gone := context.AfterFunc(e.request.Context(), e.clientLeft)
	defer gone()
	child.ServeHTTP(&e.response, e.asked)
	e.mu.Lock()
	close(e.over)
	e.mu.Unlock()
	e.stderr.end()
}

// pid is the number of the child: 0 if it is not known, or its no longer. It can be found until it has been waited for.
func (e *exchange) pid() int {
	if e.isOver() {
		return 0
	}
	return pids.pid(e.start)
}

// remember has the child be seen by who looks at children.
func (e *exchange) remember() {
	if e.host.recent.wanted() {
		e.host.recent.add(contract.Child{PID: int(e.number.Load()), BeganNS: e.begun, EndedNS: contract.Now()})
	}
}

// applyLimits limits the child, which has just been started.
func (e *exchange) applyLimits() {
	if e.host.recent.wanted() {
		e.number.Store(int64(pids.pid(e.start)))
	}
	if !hasLimits(e.host.limits) {
		return
	}
	if err := limit(pids.pid(e.start), e.host.limits); err != nil {
		e.abort(http.StatusInternalServerError, fmt.Sprintf("limiting what the child may take: %v", err))
	}
}

func hasLimits(l contract.ChildLimits) bool { return l.CPU > 0 || l.Memory > 0 || l.Processes > 0 }

// Write takes what net/http/cgi logs, which is nothing unless something went wrong: the library has no other way to
// tell. It goes on reading, or waits for a child that nobody reads any more; either is ended.
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
	if strings.HasPrefix(why, "copy error") { // the client does not take it; other reasons are noted already
		e.abort(0, why)
		return len(line), nil
	}
	if how := e.soonEnded(); how != "" && how != endedWell {
		why += "; the program " + how
	}
	e.abort(http.StatusBadGateway, why)
	return len(line), nil
}

// textBusy is that a program cannot be executed while somebody writes it.
const textBusy = syscall.ETXTBSY

// transientErrnos is what passes.
var transientErrnos = []syscall.Errno{syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE, textBusy}

// isTransient reports whether what keeps a program from being started is that the system has no more of something,
// which will pass. The library tells it as text.
func isTransient(why string) bool {
	return slices.ContainsFunc(transientErrnos, func(e syscall.Errno) bool { return strings.HasSuffix(why, e.Error()) })
}

// setFault notes what went wrong, unless something did before.
func (e *exchange) setFault(status int, why string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.fault == nil {
		e.fault = &fault{status, why}
	}
}

// firstFault returns what went wrong, or nil.
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

// end completes the answer, or says to the client and to the log why there is none.
func (e *exchange) end() (next *http.Request) {
	f := e.firstFault()
	if f == nil {
		if status, why := e.response.fault(); why != "" {
			f = &fault{status, why}
		}
	}
	b, streamed := e.asked.Body.(*body)
	last := streamed && !e.response.passed && !b.drain() // on this connection
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
		panic(http.ErrAbortHandler) // so that the client does not take what it has for the whole
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

// exchanges are those that have a child.
type exchanges struct {
	mu      sync.Mutex
	all     map[*exchange]struct{}
	closed  bool
	watched bool           // somebody looks at them now and then
	busy    sync.WaitGroup // exchanges, and what ends their children
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

// close ends all, and waits until they are.
func (s *exchanges) close() {
	s.mu.Lock()
	s.closed = true
	for e := range s.all {
		e.abort(http.StatusServiceUnavailable, "the host ends")
	}
	s.mu.Unlock()
	s.busy.Wait()
}
