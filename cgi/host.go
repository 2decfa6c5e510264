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
	h.execute(w, r)
}

func (h *Host) execute(w http.ResponseWriter, r *http.Request) {
	n := h.stats.attempted.Add(1)
	faults := &faultLog{request: r, to: h.Logger}
	child := cgi.Handler{
		Path:       h.Path,
		Args:       h.Args,
		Dir:        h.Dir,
		Env:        append([]string{reportVariable + "=" + reportWanted(n)}, h.Env...),
		InheritEnv: h.InheritEnv,
		Logger:     log.New(faults, "", 0),
	}
	a := &answer{ResponseWriter: w, stats: &h.stats}
	child.ServeHTTP(a, r)
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
	request         *http.Request
	to              *log.Logger
	seen, unstarted bool
}

func (f *faultLog) Write(line []byte) (int, error) {
	f.seen = true
	f.unstarted = f.unstarted || strings.HasPrefix(string(line), "CGI error:") // from before or in exec.Cmd.Start
	to := f.to
	if to == nil {
		to = log.Default()
	}
	to.Printf("%s %s: %s", f.request.Method, f.request.URL.RequestURI(), strings.TrimSpace(string(line)))
	return len(line), nil
}

// answer is the client's side of a child's answer. It has no ReadFrom, and that is on purpose: net/http's own one sends
// the head before a short body is complete, so the same answer would carry a Content-Length from a resident handler and
// be chunked from a child.
type answer struct {
	http.ResponseWriter
	stats   *counters
	begun   bool // it has a head
	flushes bool // each piece goes to the client as it comes
}

func (a *answer) WriteHeader(status int) {
	a.begun = true
	header := a.Header()
	a.flushes = a.stats.takeReport(header)
	if _, ok := header["Content-Type"]; !ok {
		header["Content-Type"] = nil // the child means none, and net/http would guess one
	}
	a.ResponseWriter.WriteHeader(status)
	a.flush()
}

func (a *answer) Write(p []byte) (int, error) {
	n, err := a.ResponseWriter.Write(p)
	a.flush()
	return n, err
}

func (a *answer) flush() {
	if a.flushes {
		_ = http.NewResponseController(a.ResponseWriter).Flush() // if it cannot, the answer comes later
	}
}
