package cgi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"forktax/cgi/message"
	"forktax/cgi/spawn"
	"forktax/workload/contract"
)

// A fault is the reason why the response to a request is not that of its child.
type fault struct {
	status int    // status for the client, if no part of a response was sent; 0 if the client has disconnected
	why    string // reason for the log
}

// An exchange is a request and its child. Its methods watch the child and terminate it with its descendants (watch.go).
type exchange struct {
	host     *Host
	request  *http.Request
	response response
	stderr   stderr
	child    spawn.Process
	mark     string // mark in the environment of the child and its descendants

	begun int64 // just before the child was started, by contract.Now
	born  int64 // the same, by the clock of the host's exchanges
	// lastActive is when the child last wrote, or a part of its body arrived, by the same; at first born.
	lastActive atomic.Int64
	awaits     atomic.Bool // a part of the body is awaited from the client
	over       atomic.Bool // the child has ended

	mu     sync.Mutex
	fault  *fault   // the first one
	ending bool     // the child is being terminated
	output *os.File // pipe of the response, while it is read
	pipe   int      // its descriptor
	left   bool     // the child has ended, but a process that it left behind keeps its output open

	// The following fields are used by inspect only.
	nudged, inspected int64 // when the child was last nudged and last inspected
}

// completeLater sends the response if the child runs on after it has closed its output. The returned function ends
// that.
func (e *exchange) completeLater() (stop func()) {
	if !e.host.Streams || e.response.head == nil {
		return func() {}
	}
	sent := make(chan struct{})
	timer := time.AfterFunc(pause, func() {
		defer close(sent)
		if e.firstFault() == nil && e.response.fault() == "" {
			e.response.complete()
		}
	})
	return func() {
		if !timer.Stop() {
			<-sent
		}
	}
}

// startTries is the largest number of attempts to execute a program that is open for writing (ETXTBSY). The process
// that has written it, or a new child of that process with the same descriptor, is about to close it.
const startTries = 6

// run starts a child for the request and passes on its response. If the response is a local redirect, it returns the
// request to serve next.
func (h *Host) run(w http.ResponseWriter, r *http.Request, s script, t *phaseStamps) (next *http.Request) {
	n := h.stats.exchanges.Add(1)
	e := &exchange{host: h, request: r, mark: fmt.Sprintf("%s.%d", h.mark, n)}
	e.response = response{to: w, exchange: e, declared: -1, timed: t.recorder != nil}
	e.stderr.lines = message.Lines{Log: func(line []byte) { h.log(r, string(line)) },
		PerLine: len(r.Method) + len(r.RequestURI) + perLine}
	if h.Reports {
		e.stderr.ask(n)
	}
	e.serve(s, t)
	h.stats.count(e.stderr.report)
	t.record(&e.stderr.report, e.response.stamps)
	return e.end()
}

// serve starts the child, sends it the request, and reads its response until the child has ended.
func (e *exchange) serve(s script, t *phaseStamps) {
	h := e.host
	e.begun = contract.Now()
	t.begun = e.begun
	if !h.running.add(e) {
		e.setFault(http.StatusServiceUnavailable, "the host is shutting down")
		return
	}
	defer h.running.remove(e)
	defer e.over.Store(true)
	input, ok := e.start(s)
	if !ok {
		return
	}
	t.executing = contract.Now()
	h.stats.started.Add(1)
	stop := context.AfterFunc(e.request.Context(), e.clientLeft)
	defer stop()
	var sent sync.WaitGroup
	if input != nil {
		sent.Go(func() { e.send(input) })
	}
	e.receive(s)
	if !e.child.Reap() {
		stop := e.completeLater()
		e.child.Wait()
		stop()
	}
	e.over.Store(true)
	if input != nil {
		_ = input.Close() // ends a write to a process that the child left behind
		e.endBody(&sent)
	}
	e.stderr.end()
	e.judgeExit()
	if h.recent.wanted() {
		h.recent.add(contract.Child{PID: e.child.PID(), BeganNS: e.begun, EndedNS: contract.Now()})
	}
}

// start starts the child. It returns the pipe to its standard input, nil if the request has no body.
func (e *exchange) start(s script) (input *os.File, ok bool) {
	h := e.host
	p := spawn.Program{Path: s.path, Args: append([]string{s.path}, h.Args...), Env: h.environment(e, s),
		Dir: cmp.Or(h.Dir, filepath.Dir(s.path)), Limits: h.limits}
	for try := 1; ; try++ {
		pipes, err := e.openPipes()
		if err == nil {
			if err = e.child.StartBy(h.Start, &p, pipes.child); err == nil {
				return e.keep(pipes), true
			}
			spawn.Close(pipes.own[:]...)
		}
		if errors.Is(err, syscall.ETXTBSY) && try < startTries {
			time.Sleep(time.Millisecond << try)
			continue
		}
		e.startFailed(err)
		return nil, false
	}
}

// transientErrnos are the errors of starting a program that are likely to pass.
var transientErrnos = []error{syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE, syscall.ETXTBSY}

func (e *exchange) startFailed(err error) {
	status := http.StatusInternalServerError
	if slices.ContainsFunc(transientErrnos, func(errno error) bool { return errors.Is(err, errno) }) {
		status = http.StatusServiceUnavailable
	}
	e.setFault(status, err.Error())
}

// childPipes are the pipes of a child, indexed by the descriptors that they have in it. The descriptors of a missing
// pipe are negative: a request without a body has none for the input.
type childPipes struct{ own, child [3]int }

func (e *exchange) openPipes() (p childPipes, err error) {
	p.own, p.child = [3]int{-1, -1, -1}, [3]int{-1, -1, -1}
	for i := range p.own {
		if i == 0 && e.request.ContentLength == 0 {
			continue
		}
		if p.own[i], p.child[i], err = spawn.Pipe(i > 0); err != nil {
			p.own[i], p.child[i] = -1, -1
			spawn.Close(append(p.own[:], p.child[:]...)...)
			return p, err
		}
	}
	return p, nil
}

// keep stores the host's ends of the pipes and returns that of the input.
func (e *exchange) keep(p childPipes) (input *os.File) {
	if p.own[0] >= 0 {
		input = os.NewFile(uintptr(p.own[0]), "standard input of a child")
	}
	e.mu.Lock()
	e.output, e.pipe = os.NewFile(uintptr(p.own[1]), "standard output of a child"), p.own[1]
	e.mu.Unlock()
	e.stderr.open(p.own[2])
	return input
}

// send sends the body of the request to the child.
func (e *exchange) send(input *os.File) {
	_, _ = io.Copy(input, received{e}) // a child need not read its input
	_ = input.Close()
}

// received is the body of the request as it arrives. Until then, the child is not to blame for its silence.
type received struct{ *exchange }

func (e received) Read(p []byte) (int, error) {
	e.awaits.Store(true)
	n, err := e.request.Body.Read(p)
	e.awaits.Store(false)
	e.lastActive.Store(e.host.running.clock.Load())
	return n, err
}

// endBody stops reading the body and waits for the goroutine that reads it.
func (e *exchange) endBody(sent *sync.WaitGroup) {
	b, streamed := e.request.Body.(*message.Body)
	if streamed {
		b.End()
	}
	sent.Wait()
}

// judgeExit logs or records how the child ended, unless it ended with status 0.
func (e *exchange) judgeExit() {
	switch how, killed := e.child.Exit(); {
	case how == "":
	case killed:
		e.setFault(http.StatusBadGateway, "the program "+how)
	case e.firstFault() == nil:
		e.host.log(e.request, "the program "+how)
	}
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

// end completes the response. If there is a fault, it logs that and responds with its status, or aborts the response if
// a part of it was sent. If the response is a local redirect, it returns the request to serve next.
func (e *exchange) end() (next *http.Request) {
	f := e.firstFault()
	if f == nil {
		if why := e.response.fault(); why != "" {
			f = &fault{http.StatusBadGateway, why}
		}
	}
	if b, streamed := e.request.Body.(*message.Body); streamed {
		b.Drain()
	}
	defer e.response.unbound()
	if f == nil {
		return e.response.end()
	}
	if f.status != 0 {
		e.host.stats.failed.Add(1)
		e.host.log(e.request, e.withExit(f.why))
	}
	if e.response.passed || f.status == 0 {
		panic(http.ErrAbortHandler) // so that the client does not take the response for complete
	}
	if f.status == http.StatusServiceUnavailable {
		unavailable(e.response.to, "the program cannot be executed at the moment")
	} else {
		refuse(e.response.to, f.status)
	}
	return nil
}

// withExit adds to a fault how the child ended, unless the host has terminated it.
func (e *exchange) withExit(why string) string {
	if how, _ := e.child.Exit(); how != "" && !e.ending && !strings.Contains(why, how) {
		return why + "; the program " + how
	}
	return why
}

// exchanges is the set of exchanges that have a child.
type exchanges struct {
	mu      sync.Mutex
	all     map[*exchange]struct{}
	closed  bool
	watched bool              // the goroutine watch is running
	most    int               // largest number of exchanges since the last check
	procs   *spawn.Processors // may be nil
	left    leftovers
	clock   atomic.Int64   // nanoseconds for which children were watched
	busy    sync.WaitGroup // exchanges, and goroutines that terminate their children
}

// add reports whether e was added: it is not if the host is shutting down.
func (s *exchanges) add(e *exchange) bool {
	n := s.register(e)
	if n > 1 {
		s.procs.Raise()
	}
	return n > 0
}

// register adds e and returns the number of exchanges; 0 if the host is shutting down.
func (s *exchanges) register(e *exchange) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0
	}
	if s.all == nil {
		s.all = map[*exchange]struct{}{}
	}
	s.all[e] = struct{}{}
	s.most = max(s.most, len(s.all))
	s.busy.Add(1)
	e.born = s.clock.Load()
	e.lastActive.Store(e.born)
	if !s.watched {
		s.watched = true
		go s.watch()
	}
	return len(s.all)
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
