package cgi

import (
	"context"
	"fmt"
	"os"

	"forktax/cgi/child"
	"forktax/cgi/spawn"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// Model is the execution model "cgi": a [Library] executes the program itself for each request, or the
// executable in the program's field Executable.
var Model = model.Package{Start: startLibrary, IsChild: child.IsChild, Child: serveChild}

// Direct is the execution model "cgi-direct": a [Host] does the same.
var Direct = model.Package{Start: startHost, IsChild: child.IsChild, Child: serveChild}

func startLibrary(_ context.Context, p model.Program) (model.Server, error) {
	x, inherit, err := prepare(p)
	if err != nil {
		return model.Server{}, err
	}
	l := &Library{Path: x.Path, Root: x.Root, Dir: x.Dir, Reports: p.Executable == nil, InheritEnv: inherit,
		Limits: p.Limits, Logger: p.Logger}
	return model.Server{Handler: l, Stats: l.Stats, Children: l.Children}, nil
}

func startHost(_ context.Context, p model.Program) (model.Server, error) {
	h, err := NewHost(p)
	if err != nil {
		return model.Server{}, err
	}
	return model.Server{Handler: h, Stats: h.Stats, Children: h.Children, Close: h.Close}, nil
}

// NewHost returns a host of the program, and prepares this process for it.
func NewHost(p model.Program) (*Host, error) {
	x, inherit, err := prepare(p)
	if err != nil {
		return nil, err
	}
	group := os.Getenv(contract.EnvGroup)
	_ = os.Unsetenv(contract.EnvGroup) // not that of another host, which this program may start
	h := &Host{Path: x.Path, Args: x.Args, Root: x.Root, Dir: x.Dir, Documents: x.Documents,
		Authorization: x.Authorization, Streams: x.Streams, Reports: p.Executable == nil, InheritEnv: inherit,
		Group: group, Limits: p.Limits, Logger: p.Logger}
	h.running.procs = spawn.NewProcessors()
	spawn.Prepare(0)
	return h, nil
}

// prepare prepares this process for a host of the program. It returns the executable and the names of the variables
// that its children inherit.
func prepare(p model.Program) (x model.Executable, inherit []string, err error) {
	spawn.TuneScheduler()
	if x, err = p.Command(); err != nil {
		return x, nil, fmt.Errorf("finding the executable: %w", err)
	}
	return x, p.Inherited(x), nil
}

func serveChild(ctx context.Context, p model.Program) error {
	if p.Open == nil {
		return fmt.Errorf("this program does not handle CGI requests itself; run it with serve -model %s", p.Model.Name)
	}
	return child.Program{Open: p.Open, Connections: p.Connections}.Serve(ctx)
}
