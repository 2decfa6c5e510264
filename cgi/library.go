package cgi

import (
	"cmp"
	"io"
	"log"
	"net/http"
	"net/http/cgi"
	"sync"

	"forktax/cgi/child"
	"forktax/cgi/limiter"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// A Library is an [http.Handler] that executes a program for each request by [cgi.Handler], which it uses as it is. It
// is what a program of this project, a [Child], costs under Go's own host. It bounds the number of children, but has
// none of the other limits of a [Host], and does not end children: those of other people need a Host.
type Library struct {
	// Path is the absolute path of the program. The other fields are those of a [Host].
	Path, Root, Dir string
	Env, InheritEnv []string
	Reports         bool
	// Limits bounds the children and the queue. Its other fields have no effect.
	Limits contract.ChildLimits
	// Logger logs the errors of the library and the standard error of children. Nil means the standard logger.
	Logger *log.Logger

	once    sync.Once
	limiter *limiter.Limiter
	recent  recentChildren
	stats   counters
}

var _ http.Handler = (*Library)(nil)

func (l *Library) init() {
	limits := l.Limits.WithDefaults()
	l.limiter = limiter.New(limits.Children, limits.Queue)
}

// Stats returns the current counts.
func (l *Library) Stats() model.Stats {
	l.once.Do(l.init)
	return l.stats.read(l.limiter)
}

// Children returns the children that have exited last; see [Host.Children]. The library does not tell which run.
func (l *Library) Children() []contract.Child { return l.recent.list() }

// ServeHTTP waits for a free slot, and returns after the child has exited. If the queue is full, the status is 503.
func (l *Library) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.once.Do(l.init)
	t := phaseStamps{recorder: contract.PhaseRecorderOf(w), arrived: contract.Now()}
	if !l.stats.admit(l.limiter, w, r) {
		return
	}
	defer l.limiter.Release()
	l.stats.running.Add(1)
	defer l.stats.running.Add(-1)
	n := l.stats.exchanges.Add(1)
	logger := cmp.Or(l.Logger, log.Default())
	var started libraryStderr
	started.lines.Log = func(line []byte) { logger.Printf("%s", line) }
	env := l.Env
	if l.Reports {
		started.ask(n)
		env = append([]string{child.Variable + "=" + started.wanted}, env...)
	}
	a := libraryResponse{ResponseWriter: w, timed: t.recorder != nil}
	t.begun = contract.Now()
	(&cgi.Handler{
		Path:       l.Path,
		Root:       l.Root,
		Dir:        l.Dir,
		Env:        env,
		InheritEnv: l.InheritEnv,
		Logger:     log.New(libraryErrors{l, logger.Writer()}, logger.Prefix(), logger.Flags()),
		Stderr:     &started,
	}).ServeHTTP(&a, r)
	if started.executing == 0 { // not started
		return
	}
	l.stats.started.Add(1)
	l.stats.count(started.report)
	t.executing = started.executing
	t.record(&started.report, a.stamps)
	if l.recent.wanted() {
		l.recent.add(contract.Child{PID: int(started.report.PID), BeganNS: t.begun, EndedNS: contract.Now()})
	}
}

// libraryErrors counts the errors that the library logs, and passes them on.
type libraryErrors struct {
	library *Library
	to      io.Writer
}

func (e libraryErrors) Write(line []byte) (int, error) {
	e.library.stats.failed.Add(1)
	return e.to.Write(line)
}

// A libraryStderr receives the standard error of a child of the library.
type libraryStderr struct {
	stderr
	executing int64 // when the child was started, by contract.Now; 0 if it was not
}

var _ io.ReaderFrom = (*libraryStderr)(nil)

// ReadFrom is called by package os/exec when it has started the child.
func (s *libraryStderr) ReadFrom(r io.Reader) (int64, error) {
	s.executing = contract.Now()
	s.copy(r)
	s.lines.End()
	return 0, nil
}

func (s *libraryStderr) Write(p []byte) (int, error) {
	return s.lines.Write(p)
}

// A libraryResponse is the response of a child of the library. It sends what a [Child] has flushed, and no type that
// the server has detected.
type libraryResponse struct {
	http.ResponseWriter
	timed   bool // the phases of the request are wanted
	flushes bool
	stamps  responseStamps
}

func (a *libraryResponse) WriteHeader(status int) {
	a.stamps.head = contract.Now()
	a.stamps.last = a.stamps.head
	a.flushes = child.TakeFlush(a.Header())
	if a.timed {
		a.stamps.takeTiming(a.Header())
	}
	if _, typed := a.Header()["Content-Type"]; !typed {
		a.Header()["Content-Type"] = nil
	}
	a.ResponseWriter.WriteHeader(status)
	a.flush()
}

func (a *libraryResponse) Write(p []byte) (int, error) {
	a.stamps.last = contract.Now()
	n, err := a.ResponseWriter.Write(p)
	a.flush()
	return n, err
}

func (a *libraryResponse) flush() {
	if a.flushes {
		_ = http.NewResponseController(a.ResponseWriter).Flush()
	}
}
