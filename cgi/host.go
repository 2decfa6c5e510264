package cgi

import (
	"errors"
	"log"
	"net/http"
	"net/http/cgi"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"forktax/bench"
)

// Defaults of Host.
const (
	DefaultQueue           = 1024
	defaultChildrenPerCore = 8 // enough to keep the cores busy while children wait for a disk or a database
)

// A Host answers each request by executing a program. Its fields must not change once it serves.
type Host struct {
	Path       string      // the program, an absolute path
	Args       []string    // its arguments, if any
	Dir        string      // its working directory; "" means that of Path
	Env        []string    // variables for every child, as KEY=VALUE
	InheritEnv []string    // names of variables that are handed on from the host's own environment
	Children   int         // at most so many at once; 0 means 8 for each core
	Queue      int         // at most so many requests wait for a slot, others get 503; 0 means DefaultQueue, below 0 none
	Logger     *log.Logger // of what goes wrong, and nil means the standard logger

	once  sync.Once
	slots *slots
	stats counters
}

// Stats counts what a host's children did since it was made.
type Stats struct {
	Started         int64 // children that were started
	Running         int64 // children that run now
	Failed          int64 // children that could not be started, or gave no right answer
	Waiting         int64 // requests that wait for a slot now
	Refused         int64 // requests that got 503 because the queue was full
	Connections     int64 // connections to databases and directories that children reported
	PeakMemoryBytes int64 // the highest resident size that a child reported
}

type counters struct {
	attempted, unstarted, running, failed, refused, connections, peak atomic.Int64
}

var _ http.Handler = (*Host)(nil)

// Stats returns the counts as they are now.
func (h *Host) Stats() Stats {
	h.once.Do(h.init)
	return Stats{
		Started:         h.stats.attempted.Load() - h.stats.unstarted.Load(),
		Running:         h.stats.running.Load(),
		Failed:          h.stats.failed.Load(),
		Waiting:         h.slots.waiting.Load(),
		Refused:         h.stats.refused.Load(),
		Connections:     h.stats.connections.Load(),
		PeakMemoryBytes: h.stats.peak.Load(),
	}
}

func (h *Host) init() {
	atOnce, queue := h.Children, h.Queue
	if atOnce <= 0 {
		atOnce = defaultChildrenPerCore * runtime.NumCPU()
	}
	if queue == 0 {
		queue = DefaultQueue
	}
	h.slots = newSlots(atOnce, max(queue, 0))
}

// ServeHTTP waits for a slot, has a child answer the request, and returns when the child has been waited for.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.once.Do(h.init)
	t := stopwatch{timer: bench.TimerOf(w), arrived: bench.Now()}
	switch err := h.slots.take(r.Context()); {
	case errors.Is(err, errQueueFull):
		h.stats.refused.Add(1)
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many requests wait for a process", http.StatusServiceUnavailable)
		return
	case err != nil: // the client left while it waited; nobody reads an answer
		return
	}
	defer h.slots.give()
	h.stats.running.Add(1)
	defer h.stats.running.Add(-1)
	h.execute(w, r, &t)
}

func (h *Host) execute(w http.ResponseWriter, r *http.Request, t *stopwatch) {
	n := h.stats.attempted.Add(1)
	faults := &faultLog{host: h, request: r}
	says := &stderr{log: func(line []byte) { h.log(r, string(line)) }}
	child := cgi.Handler{
		Path:       h.Path,
		Args:       h.Args,
		Dir:        h.Dir,
		Env:        append([]string{reportVariable + "=" + reportWanted(n)}, h.Env...),
		InheritEnv: h.InheritEnv,
		Logger:     log.New(faults, "", 0),
		Stderr:     says,
	}
	a := &answer{ResponseWriter: w, timed: t.timer != nil}
	t.begun = bench.Now()
	child.ServeHTTP(a, r)
	says.end()
	h.stats.count(says.report)
	t.tell(says, a)
	if !a.begun { // net/http would make it an empty 200
		a.WriteHeader(http.StatusInternalServerError)
	}
	if faults.seen {
		h.stats.failed.Add(1)
	}
	if faults.unstarted {
		h.stats.unstarted.Add(1)
	}
}

// faultLog takes what net/http/cgi logs, which is nothing unless something went wrong: the library has no other way to
// tell. It passes each line on with the request that it belongs to.
type faultLog struct {
	host            *Host
	request         *http.Request
	seen, unstarted bool
}

func (f *faultLog) Write(line []byte) (int, error) {
	f.seen = true
	f.unstarted = f.unstarted || strings.HasPrefix(string(line), "CGI error:") // from before or in exec.Cmd.Start
	f.host.log(f.request, strings.TrimSpace(string(line)))
	return len(line), nil
}

// log passes on what was said while a request was answered.
func (h *Host) log(r *http.Request, text string) {
	to := h.Logger
	if to == nil {
		to = log.Default()
	}
	to.Printf("%s %s: %s", r.Method, r.URL.RequestURI(), text)
}
