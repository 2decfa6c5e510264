package cgi

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

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

// inherited are the variables that children inherit besides the program's own, so that the program runs the same under
// all models: those that control Go's runtime, and the time zone.
var inherited = []string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "TZ"}

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
	x, inherit, err := prepare(p)
	if err != nil {
		return model.Server{}, err
	}
	h := &Host{Path: x.Path, Root: x.Root, Dir: x.Dir, Documents: x.Documents, Authorization: x.Authorization,
		Streams: x.Streams, Reports: p.Executable == nil, InheritEnv: inherit, Limits: p.Limits, Logger: p.Logger}
	h.running.procs = spawn.NewProcessors()
	return model.Server{Handler: h, Stats: h.Stats, Children: h.Children, Close: h.Close}, nil
}

// prepare prepares this process for a host of the program. It returns the executable and the names of the variables
// that its children inherit.
func prepare(p model.Program) (x model.Executable, inherit []string, err error) {
	spawn.TuneScheduler()
	if x, err = executable(p); err != nil {
		return x, nil, fmt.Errorf("finding the executable: %w", err)
	}
	return x, slices.Concat(inherited, padding(p.Executable == nil), p.Env, x.Env), nil
}

// padding returns the names of the variables by which a harness enlarges the environment of children. The variable
// without a number varies the environment of each server. It is passed on only to children of the same program: other
// programs see no variable that CGI does not have, unless a variant of the run sets a numbered one.
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
	dir, err := os.Getwd() // relative paths must mean the same in a child as in a long-running process
	return model.Executable{Path: path, Dir: dir, Authorization: p.Authorization}, err
}

func serveChild(ctx context.Context, p model.Program) error {
	if p.Open == nil {
		return fmt.Errorf("this program does not handle CGI requests itself; run it with serve -model %s", p.Model.Name)
	}
	return child.Program{Open: p.Open, Connections: p.Connections}.Serve(ctx)
}
