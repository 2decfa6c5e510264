package workload

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"forktax/cgi/child"
)

// Main serves the CGI request that is in the environment and the standard input of this instance, and exits.
func Main(w Workload) {
	if err := (child.Program{Open: w.Open, Connections: connections.Load}).Serve(context.Background()); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", w.Name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// resident is what an instance keeps between its requests.
var resident struct {
	variables []string     // names of those of the last request
	handler   http.Handler // nil if it could not be created yet
}

// ServeNext serves a request, whose variables are at the beginning of the standard input; see package forktax/wasm. A
// module exports a function "serve" that calls it.
func ServeNext(w Workload) {
	if err := readVariables(); err != nil {
		panic(fmt.Sprintf("reading the variables of a request: %v", err))
	}
	if err := (child.Program{Connections: connections.Load, Open: w.openOnce}).Serve(context.Background()); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", w.Name, err)
	}
}

// openOnce is like Open, but creates the handler only once. It is never closed.
func (w Workload) openOnce(ctx context.Context) (Connect, error) {
	shut := func() error { return nil }
	if resident.handler != nil {
		return func(context.Context) (http.Handler, func() error, error) { return resident.handler, shut, nil }, nil
	}
	connect, err := w.Open(ctx)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (http.Handler, func() error, error) {
		handler, _, err := connect(ctx)
		resident.handler = handler
		return handler, shut, err
	}, nil
}

// readVariables reads the variables of a request, and sets them in the environment after it has removed those of the
// last request.
func readVariables() error {
	for _, name := range resident.variables {
		os.Unsetenv(name)
	}
	resident.variables = resident.variables[:0]
	var size [4]byte
	if _, err := io.ReadFull(os.Stdin, size[:]); err != nil {
		return err
	}
	text := make([]byte, binary.LittleEndian.Uint32(size[:]))
	if _, err := io.ReadFull(os.Stdin, text); err != nil {
		return err
	}
	for v := range strings.SplitSeq(strings.TrimSuffix(string(text), "\x00"), "\x00") {
		name, value, _ := strings.Cut(v, "=")
		resident.variables = append(resident.variables, name)
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}
