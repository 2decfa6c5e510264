package persistent

import (
	"cmp"
	"context"
	"log"
	"net/http"
	"time"

	"forktax/workload/contract"
)

// A PerRequest answers each request by a handler that is opened and connected for it, in a process that stays: what the
// process itself is worth is all that it keeps. Several requests at once have a handler each.
type PerRequest struct {
	// Open makes the state, and connect, which it returns, the handler on it, and what closes that.
	Open func(ctx context.Context) (connect func(context.Context) (http.Handler, func() error, error), err error)
	// Logger takes why a request could not be answered; nil means the standard logger.
	Logger *log.Logger
}

var _ http.Handler = (*PerRequest)(nil)

// ServeHTTP returns when the handler has been closed again. If it cannot be opened, the client gets status 500.
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

// begin begins a phase and returns what ends it. Timer, which is told how long it took, may be nil.
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
