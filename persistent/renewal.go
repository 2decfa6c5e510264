package persistent

import (
	"context"
	"log"
	"net/http"
	"time"

	"forktax/workload/contract"
)

// A Renewal answers each request by a handler that is opened and connected for it, in a process that stays: what the
// process itself is worth is all that it keeps. Several requests at once have a handler each.
type Renewal struct {
	// Open makes the state, and connect, which it returns, the handler on it, and what closes that.
	Open func(ctx context.Context) (connect func(context.Context) (http.Handler, func() error, error), err error)
	// Logger takes why a request could not be answered; nil means the standard logger.
	Logger *log.Logger
}

var _ http.Handler = (*Renewal)(nil)

// ServeHTTP returns when the handler has been closed again. If it cannot be opened, the client gets status 500.
func (n *Renewal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := stopwatch{timer: contract.PhaseRecorderOf(w)}
	handler, shut, err := n.open(r.Context(), &t)
	if err != nil {
		n.log(r, err)
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	defer func() {
		t.start()
		if err := shut(); err != nil {
			n.log(r, err)
		}
		t.tell(contract.PhaseClose)
	}()
	t.start()
	handler.ServeHTTP(w, r)
	t.tell(contract.PhaseHandle)
}

func (n *Renewal) open(ctx context.Context, t *stopwatch) (http.Handler, func() error, error) {
	t.start()
	connect, err := n.Open(ctx)
	t.tell(contract.PhaseOpen)
	if err != nil {
		return nil, nil, err
	}
	t.start()
	defer t.tell(contract.PhaseConnect)
	return connect(ctx)
}

// A stopwatch tells a timer, if there is one, how long a phase took.
type stopwatch struct {
	timer contract.PhaseRecorder
	began time.Time
}

func (t *stopwatch) start() {
	if t.timer != nil {
		t.began = time.Now()
	}
}

func (t *stopwatch) tell(p contract.Phase) {
	if t.timer != nil {
		t.timer.RecordPhase(p, time.Since(t.began))
	}
}

func (n *Renewal) log(r *http.Request, err error) {
	to := n.Logger
	if to == nil {
		to = log.Default()
	}
	to.Printf("%s %s: %v", r.Method, r.URL.RequestURI(), err)
}
