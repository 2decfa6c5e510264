package workers

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"

	"forktax/cgi/child"
	"forktax/cgi/spawn"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// isWorker reports whether this process serves by FastCGI: its host says so, or its standard input is a socket that
// accepts connections, which is how web servers start FastCGI applications.
func isWorker() bool {
	wanted := os.Getenv(contract.EnvWorker)
	return wanted != "" && wanted != servesHTTP ||
		wanted == "" && !child.IsChild() && spawn.IsListening(standardInput)
}

// standardInput is the descriptor of the standard input. File.Fd would make it blocking.
const standardInput = 0

// isServer reports whether this process serves HTTP behind a [Proxy].
func isServer() bool { return os.Getenv(contract.EnvWorker) == servesHTTP }

// A worked is a program with its handler in a worker.
type worked struct {
	handler     http.Handler
	start       child.Report
	connections func() int64
}

// open creates the handler.
func open(ctx context.Context, p model.Program) (w *worked, shut func() error, err error) {
	os.Unsetenv(contract.EnvWorker) // processes that this one starts are no workers
	w = &worked{start: child.Report{MainReached: contract.Now()}, connections: p.Connections}
	if p.Open == nil {
		return nil, nil, errors.New("this program is executed for each request; it has no workers")
	}
	if p.Connections == nil {
		w.connections = func() int64 { return 0 }
	}
	connect, err := p.Open(ctx)
	w.start.Opened = contract.Now()
	if err != nil {
		return nil, nil, fmt.Errorf("opening: %w", err)
	}
	w.handler, shut, err = connect(ctx)
	w.start.Connected = contract.Now()
	if err != nil {
		return nil, nil, fmt.Errorf("connecting: %w", err)
	}
	w.start.Connections = w.connections()
	return w, shut, nil
}
