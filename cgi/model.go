package cgi

import (
	"context"
	"fmt"
	"os"
	"slices"

	"forktax/workload/contract"
	"forktax/workload/model"
)

// Model hosts the program's own file, or the executable that it names.
var Model = model.Package{Start: startHost, IsChild: IsChild, Child: serveChild}

// inherited are the variables that children get besides the program's own, for all models to run it alike: those that
// control Go's runtime, and the one by which a harness varies the size of the environment.
var inherited = []string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "TZ", contract.EnvPadding}

func startHost(_ context.Context, p model.Program) (model.Server, error) {
	tuneScheduler()
	x, err := executable(p)
	if err != nil {
		return model.Server{}, fmt.Errorf("finding the file to execute: %w", err)
	}
	h := &Host{Path: x.Path, Root: x.Root, Dir: x.Dir, Documents: x.Documents, Authorization: x.Authorization,
		Streams: x.Streams, InheritEnv: slices.Concat(inherited, p.Env, x.Env), Limits: p.Limits, Logger: p.Logger}
	return model.Server{Handler: h, Stats: h.Stats, Children: h.Children, Close: h.Close}, nil
}

func executable(p model.Program) (model.Executable, error) {
	if p.Executable != nil {
		return p.Executable()
	}
	path, err := os.Executable()
	if err != nil {
		return model.Executable{}, err
	}
	dir, err := os.Getwd() // relative names must mean the same to a child as to a resident process
	return model.Executable{Path: path, Dir: dir, Authorization: p.Authorization}, err
}

func serveChild(ctx context.Context, p model.Program) error {
	if p.Open == nil {
		return fmt.Errorf("answers no CGI request itself; serve -model %s has another file do it", p.Model.Name)
	}
	return Child{Open: p.Open, Connections: p.Connections}.Serve(ctx)
}
