package cgi

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"forktax/workload/contract"
	"forktax/workload/model"
)

// Model hosts the program's own file, or the executable that it names.
var Model = model.Package{Start: startHost, IsChild: IsChild, Child: serveChild}

// inherited are the variables that children get besides the program's own, for all models to run it alike: those that
// control Go's runtime, and the time zone.
var inherited = []string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "TZ"}

func startHost(_ context.Context, p model.Program) (model.Server, error) {
	tuneScheduler()
	x, err := executable(p)
	if err != nil {
		return model.Server{}, fmt.Errorf("finding the file to execute: %w", err)
	}
	own := p.Executable == nil
	h := &Host{Path: x.Path, Root: x.Root, Dir: x.Dir, Documents: x.Documents, Authorization: x.Authorization,
		Streams: x.Streams, Reports: own, InheritEnv: slices.Concat(inherited, padding(own), p.Env, x.Env),
		Limits: p.Limits, Logger: p.Logger}
	return model.Server{Handler: h, Stats: h.Stats, Children: h.Children, Close: h.Close}, nil
}

// padding names the variables by which a harness makes the environment of children larger. That by which it varies the
// environment of each server is passed on to children of the same program only: another one is not to see what CGI does
// not have, unless a variant of the run says so.
func padding(own bool) (names []string) {
	for _, setting := range os.Environ() {
		name, _, _ := strings.Cut(setting, "=")
		if number, found := strings.CutPrefix(name, contract.EnvPadding); found && (own || number != "") {
			names = append(names, name)
		}
	}
	return names
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
