package workers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/fcgi"
	"os"

	"forktax/cgi/child"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// serveWorker serves requests by FastCGI until the host closes the connection.
func serveWorker(ctx context.Context, p model.Program) error {
	wanted := os.Getenv(contract.EnvWorker)
	w, shut, err := open(ctx, p)
	if err != nil {
		return err
	}
	l, err := listen()
	if err != nil {
		return err
	}
	if wanted != "" && l.first != nil { // the host is ours
		values := appendPair(nil, child.Variable, w.start.Line(wanted))
		if _, err := l.first.Write(appendRecord(nil, getValuesResult, 0, values)); err != nil {
			return fmt.Errorf("telling the host that the worker serves: %w", err)
		}
	}
	served := fcgi.Serve(l, &side{w, l})
	if served == io.EOF {
		served = nil
	}
	return errors.Join(served, shut())
}

// A side is the handler of a worker.
type side struct {
	*worked
	conns *listener
}

func (s *side) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rep := s.start
	rep.Called = contract.Now()
	hooks := child.Hooks{Handled: func() { rep.Handled = contract.Now() }}
	if wanted := fcgi.ProcessEnv(r)[child.Variable]; wanted != "" {
		hooks.Header = func(header http.Header, flushed bool) {
			rep.Connections = s.connections()
			header.Set(reportHeader, rep.Line(wanted))
			if flushed {
				child.AnnounceFlush(header)
			}
		}
	}
	child.Respond(flusher{w, s.conns}, r, s.handler, hooks)
}

// A flusher sends what the connections hold when the handler flushes its response.
type flusher struct {
	http.ResponseWriter
	conns *listener
}

func (f flusher) Flush() {
	f.ResponseWriter.(http.Flusher).Flush()
	f.conns.flush()
}
