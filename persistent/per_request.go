package persistent

import (
	"cmp"
	"context"
	"log"
	"net/http"
	"time"

	"forktax/workload/contract"
)

// A PerRequest is an [http.Handler] that opens and connects a new handler for each request, in a long-running process.
// It measures the effect of reusing the process alone. It is safe for concurrent use if Open is: each request has its
// own handler.
type PerRequest struct {
	// Open creates the state of a handler. Connect, which it returns, opens the connections, and returns the handler and
	// a function that closes the connections.
	Open func(ctx context.Context) (connect func(context.Context) (http.Handler, func() error, error), err error)
	// Logger logs errors of opening, connecting and closing. Nil means the standard logger.
	Logger *log.Logger
}

var _ http.Handler = (*PerRequest)(nil)

// ServeHTTP opens a handler, serves the request with it, and returns after closing it. If Open or connect fails, the
// status is 500. The phases are recorded if w records them; see [contract.PhaseRecorderOf].
func (n *PerRequest) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	timer := contract.PhaseRecorderOf(w)
	handler, shut, err := n.open(r.Context(), timer)
	if err != nil {
		n.log(r, err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	defer func() {
		defer begin(timer, contract.PhaseClose)()
		if err := shut(); err != nil {
			n.log(r, err)
		}
	}()
	handled := begin(timer, contract.PhaseHandle)
	handler.ServeHTTP(w, r)
	handled()
}

func (n *PerRequest) open(ctx context.Context, timer contract.PhaseRecorder) (http.Handler, func() error, error) {
	opened := begin(timer, contract.PhaseOpen)
	connect, err := n.Open(ctx)
	opened()
	if err != nil {
		return nil, nil, err
	}
	defer begin(timer, contract.PhaseConnect)()
	return connect(ctx)
}

// begin starts a phase and returns a function that ends and records it. Timer may be nil.
func begin(timer contract.PhaseRecorder, p contract.Phase) (end func()) {
	if timer == nil {
		return func() {}
	}
	began := time.Now()
	return func() { timer.RecordPhase(p, time.Since(began)) }
}

func (n *PerRequest) log(r *http.Request, err error) {
	cmp.Or(n.Logger, log.Default()).Printf("%s %s: %v", r.Method, r.URL.RequestURI(), err)
}
