package cgi

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"

	"forktax/bench/foreign"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// A Host answers each request by executing a program. Its fields must not change once it serves.
type Host struct {
	Path       string   // the program, or a folder of programs that answer under their names; an absolute path
	Root       string   // with what the paths of URLs begin that it answers; "" means all, and others get 404
	Args       []string // of the program, if any
	Dir        string   // its working directory; "" means that of its file
	Env        []string // variables for every child, as KEY=VALUE, over what the host would set
	InheritEnv []string // names of variables that are handed on from the host's own environment
	Documents  string   // the folder that PATH_TRANSLATED is in; "" leaves that out
	// Authorization hands on the headers by which a client proves who it is. A child is to have them only if it is what
	// they are meant for.
	Authorization bool
	// Streams sends on what a child has written when it pauses. Else only a child of this package can have its answer
	// sent before it is complete, by flushing it.
	Streams bool
	// Reports asks children what they used, and when they did what, by a variable of their environment. Programs of
	// package workload tell it, as does Child; others are not to see a variable that CGI does not have.
	Reports  bool
	Limits   contract.ChildLimits
	Redirect http.Handler // answers when a child's answer is the path of another; nil means the host itself
	Logger   *log.Logger  // of what goes wrong, and nil means the standard logger

	once    sync.Once
	folder  *os.Root // nil if Path is a file
	limits  contract.ChildLimits
	limiter *limiter
	mark    string // of this host, in the environment of all that it starts
	running exchanges
	recent  recentChildren
	stats   counters
}

// Start starts a process of this one that is no host's child. Who starts it otherwise could have a host take it for its
// own.
func Start(cmd *exec.Cmd) error {
	defer pids.forget(pids.expect())
	return cmd.Start()
}

// Stats counts what a host's children did since it was made.
type Stats = model.Stats

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
		Waiting:         h.limiter.waiting.Load(),
		Refused:         h.stats.refused.Load(),
		Connections:     h.stats.connections.Load(),
		PeakMemoryBytes: h.stats.peak.Load(),
	}
}

func (h *Host) init() {
	h.limits = h.Limits.WithDefaults()
	h.limiter = newLimiter(h.limits.Children, max(h.limits.Queue, 0))
	h.mark = fmt.Sprintf("%d.%s", os.Getpid(), rand.Text())
	if info, err := os.Stat(h.Path); err == nil && info.IsDir() {
		h.folder, _ = os.OpenRoot(h.Path) // if it fails, the path is executed, which says why it cannot be
	}
}

// Close ends the children that run, and returns when none is left. The host answers no more requests.
func (h *Host) Close() error {
	h.once.Do(h.init)
	h.running.close()
	if h.folder != nil {
		return h.folder.Close()
	}
	return nil
}

// maxRedirects is how many answers in a row may be the paths of others.
const maxRedirects = 10

// ServeHTTP waits for a slot, has a child answer the request, and returns when the child has been waited for.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.once.Do(h.init)
	next := h.serve(w, r)
	if next == nil {
		return
	}
	hops := redirects(next)
	if hops > maxRedirects {
		h.log(r, fmt.Sprintf("more than %d answers in a row were the paths of others", maxRedirects))
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

// serve returns the request that the client's is to be answered by, if that is another one.
func (h *Host) serve(w http.ResponseWriter, r *http.Request) (next *http.Request) {
	t := phaseStamps{recorder: contract.PhaseRecorderOf(w), arrived: contract.Now()}
	s, refused := h.script(r)
	if refused == nil && isShellshock(r) {
		refused = &fault{http.StatusBadRequest, "a header begins with " + shellFunction + ", which old shells execute"}
	}
	if refused != nil {
		if refused.why != "" {
			h.log(r, refused.why)
		}
		refuse(w, refused.status)
		return nil
	}
	r, status, err := h.withBody(w, r)
	if status != 0 {
		h.log(r, err.Error())
		w.Header().Set("Connection", "close") // what is left of the body nobody reads
		refuse(w, status)
		return nil
	}
	defer r.Body.Close()
	switch err := h.limiter.acquire(r.Context()); {
	case errors.Is(err, errQueueFull):
		h.stats.refused.Add(1)
		unavailable(w)
		return nil
	case err != nil: // the client left while it waited; nobody reads an answer
		return nil
	}
	defer h.limiter.release()
	h.stats.running.Add(1)
	defer h.stats.running.Add(-1)
	return h.run(w, r, s, &t)
}

// refuse answers with a status and its name: why it is so is for the log, not for the client.
func refuse(w http.ResponseWriter, status int) {
	http.Error(w, http.StatusText(status), status)
}

func unavailable(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "1")
	http.Error(w, "too many requests wait for a process", http.StatusServiceUnavailable)
}

// log passes on what was said while a request was answered, as it can be shown.
func (h *Host) log(r *http.Request, text string) {
	text = foreign.Line(fmt.Sprintf("%s %s: %s", r.Method, r.URL.RequestURI(), foreign.WithoutSecrets(text)))
	cmp.Or(h.Logger, log.Default()).Printf("%s", text)
}
