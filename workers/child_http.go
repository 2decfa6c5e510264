package workers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"forktax/cgi/child"
	"forktax/persistent"
	"forktax/workload/model"
)

// serveHTTP serves on the standard input, which accepts connections, until SIGTERM.
func serveHTTP(ctx context.Context, p model.Program) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	ln, err := net.FileListener(os.Stdin)
	if err != nil {
		return fmt.Errorf("the standard input is not a socket that accepts connections: %w", err)
	}
	w, shut, err := open(ctx, p)
	if err != nil {
		return err
	}
	var requests atomic.Int64
	reports := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if client := r.Header.Get(clientHeader); client != "" {
			r.RemoteAddr = client
			r.Header.Del(clientHeader)
		}
		report := &reporting{ResponseWriter: rw, worked: w, wanted: child.Wanted(requests.Add(1))}
		if r.Header.Get(readyHeader) != "" {
			report.WriteHeader(http.StatusNoContent)
			return
		}
		w.handler.ServeHTTP(report, r)
	})
	served := (&persistent.Server{Handler: reports}).Serve(ctx, ln)
	return errors.Join(served, shut())
}

// A reporting is a response with the report of its process in the header.
type reporting struct {
	http.ResponseWriter
	*worked
	wanted string
	begun  bool
}

func (w *reporting) WriteHeader(status int) {
	if !w.begun && status >= http.StatusOK {
		w.begun = true
		rep := w.start
		rep.Connections = w.connections()
		w.Header().Set(reportHeader, rep.Line(w.wanted))
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *reporting) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// FlushError is called by http.ResponseController.
func (w *reporting) FlushError() error {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

func (w *reporting) Flush() { _ = w.FlushError() }

// Unwrap is called by http.ResponseController.
func (w *reporting) Unwrap() http.ResponseWriter { return w.ResponseWriter }
