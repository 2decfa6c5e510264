package cgi

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"sync"
	"sync/atomic"

	"forktax/bench/foreign"
	"forktax/cgi/child"
	"forktax/cgi/limiter"
	"forktax/cgi/message"
	"forktax/cgi/spawn"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// A Host is an [http.Handler] that executes a program for each request. It is safe for concurrent use. Its exported
// fields must not change after the first request.
type Host struct {
	// Path is the absolute path of the program, or of a directory of programs, which are served under their file names.
	Path string
	// Root is the prefix of the URL paths that the host serves; other paths get status 404. Empty means all paths.
	Root string
	// Args are the arguments of the program, without its name.
	Args []string
	// Dir is the working directory of the program. Empty means the directory of its file.
	Dir string
	// Env holds variables for every child, as KEY=VALUE. They override those of the host.
	Env []string
	// InheritEnv names the variables that children inherit from the environment of the host.
	InheritEnv []string
	// Documents is the document root for PATH_TRANSLATED. Empty leaves that variable out.
	Documents string
	// Authorization passes the headers Authorization and Proxy-Authorization to children. Set it only if the program
	// authenticates clients itself.
	Authorization bool
	// Streams sends the response data written so far whenever a child pauses. If it is false, only a child of this
	// package can have a part of its response sent early, by flushing it.
	Streams bool
	// Reports asks children, by an environment variable, to report their resource use and timestamps. [Child] and
	// programs of package workload respond to it. Leave it false for other programs: CGI has no such variable.
	Reports bool
	// Start starts a child. Nil means that the program is executed.
	Start spawn.Starter
	// Group is the directory of a control group that holds this process, its descendants and no others. With it, the host
	// also finds the processes that children left running without a mark in their environment. Empty means none.
	Group string
	// Limits bounds the children and the requests. Zero fields mean the defaults; see
	// [contract.ChildLimits.WithDefaults].
	Limits contract.ChildLimits
	// Redirect serves the local redirects of children (RFC 3875, section 6.2.2). Nil means the host itself.
	Redirect http.Handler
	// Logger logs failed requests and the standard error of children. Nil means the standard logger.
	Logger *log.Logger

	once     sync.Once
	programs *os.Root        // the directory Path; nil if Path is a file
	fixed    []string        // variables that are the same for all children
	own      map[string]bool // names of variables that requests cannot set
	limits   contract.ChildLimits
	limiter  *limiter.Limiter
	mark     string // identifies this host in the environment of its children
	running  exchanges
	recent   recentChildren
	stats    counters
}

// Stats holds the counts of a host since it was created.
type Stats = model.Stats

type counters struct {
	exchanges, started, running, failed, refused, connections, peak atomic.Int64
}

var _ http.Handler = (*Host)(nil)

// Stats returns the current counts.
func (h *Host) Stats() Stats {
	h.once.Do(h.init)
	return h.stats.read(h.limiter)
}

// read returns the counts, with that of waiting requests.
func (c *counters) read(l *limiter.Limiter) Stats {
	return Stats{
		Started:         c.started.Load(),
		Running:         c.running.Load(),
		Failed:          c.failed.Load(),
		Waiting:         l.Waiting(),
		Refused:         c.refused.Load(),
		Connections:     c.connections.Load(),
		PeakMemoryBytes: c.peak.Load(),
	}
}

func (h *Host) init() {
	h.limits = h.Limits.WithDefaults()
	h.limiter = limiter.New(h.limits.Children, h.limits.Queue)
	h.mark = fmt.Sprintf("%d.%s", os.Getpid(), rand.Text())
	h.running.left = newLeftovers(h, func(text string) { cmp.Or(h.Logger, log.Default()).Print(text) })
	h.initEnvironment()
	if info, err := os.Stat(h.Path); err == nil && info.IsDir() {
		h.programs, _ = os.OpenRoot(h.Path) // if it fails, executing the directory reports an error for each request
	}
}

// Close terminates the running children and returns when none is left. Requests that arrive later get status 503.
func (h *Host) Close() error {
	h.once.Do(h.init)
	h.running.close()
	if h.programs != nil {
		return h.programs.Close()
	}
	return nil
}

// maxRedirects is the largest number of local redirects for one request.
const maxRedirects = 10

// ServeHTTP waits for a free slot, starts a child that handles the request, and returns after the child has exited. The
// statuses of failed requests:
//   - 403 or 404: there is no executable program for the path
//   - 408, 413 or 400: the request body came too slowly, is too long, or could not be read
//   - 500, 502 or 504: the child could not be started, failed, or exceeded a time limit
//   - 503: the queue is full, or the system is out of a resource
//
// If the child fails after a part of its response was sent, ServeHTTP panics with [http.ErrAbortHandler].
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.once.Do(h.init)
	next := h.serve(w, r)
	if next == nil {
		return
	}
	hops := redirects(next)
	if hops > maxRedirects {
		h.log(r, fmt.Sprintf("more than %d local redirects for one request", maxRedirects))
		h.stats.failed.Add(1)
		refuse(w, http.StatusBadGateway)
		return
	}
	if h.Redirect != nil {
		h.Redirect.ServeHTTP(w, next)
		return
	}
	h.ServeHTTP(w, next)
}

// serve handles a request. If the response is a local redirect, it returns the request to serve next.
func (h *Host) serve(w http.ResponseWriter, r *http.Request) (next *http.Request) {
	t := phaseStamps{recorder: contract.PhaseRecorderOf(w), arrived: contract.Now()}
	s, refused := h.script(r)
	if refused == nil && isShellshock(r) {
		refused = &fault{http.StatusBadRequest, "a header value begins with " + shellFunction + ", which old shells execute"}
	}
	if refused != nil {
		if refused.why != "" {
			h.log(r, refused.why)
		}
		refuse(w, refused.status)
		return nil
	}
	if !h.stats.admit(h.limiter, w, r) {
		return nil
	}
	defer h.limiter.Release()
	withBody, err := h.withBody(w, r)
	if err != nil {
		h.log(r, err.Error())
		w.Header().Set("Connection", "close") // the rest of the body is not read
		if status := message.FaultOf(err).Status; status == http.StatusServiceUnavailable {
			unavailable(w, "the request body cannot be stored at the moment")
		} else {
			refuse(w, status)
		}
		return nil
	}
	r = withBody
	defer r.Body.Close()
	h.stats.running.Add(1)
	defer h.stats.running.Add(-1)
	return h.run(w, r, s, &t)
}

// admit waits for a free slot of the limiter and reports whether there is one, which the caller must release. Otherwise
// the client has disconnected while it waited, or gets status 503 because the queue is full.
func (c *counters) admit(l *limiter.Limiter, w http.ResponseWriter, r *http.Request) bool {
	err := l.Acquire(r.Context())
	switch {
	case errors.Is(err, limiter.ErrQueueFull):
		c.refused.Add(1)
		unavailable(w, "too many requests are waiting for a process")
	case err != nil:
		panic(http.ErrAbortHandler) // otherwise the response would be 200
	}
	return err == nil
}

// count adds the report of a child.
func (c *counters) count(r child.Report) {
	c.connections.Add(r.Connections)
	model.Raise(&c.peak, r.PeakMemory)
}

// refuse responds with a status and its name. The reason is logged, but not sent to the client.
func refuse(w http.ResponseWriter, status int) {
	http.Error(w, http.StatusText(status), status)
}

// unavailable responds with status 503.
func unavailable(w http.ResponseWriter, why string) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, why, http.StatusServiceUnavailable)
}

// log logs a text about a request as one printable line, without secrets.
func (h *Host) log(r *http.Request, text string) {
	text = foreign.Line(fmt.Sprintf("%s %s: %s", r.Method, r.URL.RequestURI(), foreign.WithoutSecrets(text)))
	cmp.Or(h.Logger, log.Default()).Printf("%s", text)
}
