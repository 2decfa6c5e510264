package workload

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"

	"forktax/cgi"
	"forktax/persistent"
	"forktax/workload/contract"
)

// A model is how often a workload's Open and Connect run.
type model struct {
	name  string
	start func(ctx context.Context, w Workload, c conditions) (running, error)
}

// conditions are what a model is started under.
type conditions struct {
	limits contract.ChildLimits
	log    *log.Logger
}

var models = []model{
	{"cgi", startCGI},
	{"reload", startReload},
	{"reconnect", startReconnect},
	{"persistent", startPersistent},
}

// running is a started model.
type running struct {
	handler  http.Handler
	children func() cgi.Stats        // what its child processes did
	family   func() []contract.Child // those that come and go; nil if it has none
	shut     func() error
}

// models names those that the workload has: all of them, unless it is another file that answers.
func (w Workload) models() []string {
	var names []string
	for _, m := range models {
		if w.Executable == nil || m.name == "cgi" {
			names = append(names, m.name)
		}
	}
	return names
}

func (w Workload) modelNamed(name string) (model, error) {
	if !slices.Contains(w.models(), name) {
		return model{}, fmt.Errorf("%w: unknown -model %q; there are %s", errUsage, name, strings.Join(w.models(), ", "))
	}
	return models[slices.IndexFunc(models, func(m model) bool { return m.name == name })], nil
}

// alike are the variables that children get besides the workload's own, as the twins must run alike: those that steer
// Go's runtime, and the one by which a harness varies the size of the environment.
var alike = []string{"GODEBUG", "GOGC", "GOMAXPROCS", "GOMEMLIMIT", "GOTRACEBACK", "TZ",
	contract.EnvPadding}

// startCGI hosts the program's own file, or what the workload names.
func startCGI(_ context.Context, w Workload, c conditions) (running, error) {
	steered()
	x, err := w.executed()
	if err != nil {
		return running{}, fmt.Errorf("finding the file to execute: %w", err)
	}
	host := &cgi.Host{Path: x.Path, Root: x.Root, Dir: x.Dir, Documents: x.Documents, Authorization: x.Authorization,
		Streams: x.Streams, InheritEnv: slices.Concat(alike, w.Env, x.Env), Limits: c.limits, Logger: c.log}
	return running{host, host.Stats, host.Children, host.Close}, nil
}

func (w Workload) executed() (Executable, error) {
	if w.Executable != nil {
		return w.Executable()
	}
	path, err := os.Executable()
	if err != nil {
		return Executable{}, err
	}
	dir, err := os.Getwd() // relative names must mean the same to a child as to a resident process
	return Executable{Path: path, Dir: dir, Authorization: w.Authorization}, err
}

// startReload keeps the process, and opens and connects for each request.
func startReload(_ context.Context, w Workload, c conditions) (running, error) {
	return resident(&persistent.Renewal{Open: w.Open, Logger: c.log}), nil
}

// startReconnect opens the workload once, and connects for each request.
func startReconnect(ctx context.Context, w Workload, c conditions) (running, error) {
	connect, err := w.Open(ctx)
	if err != nil {
		return running{}, fmt.Errorf("opening %s: %w", w.Name, err)
	}
	return resident(&persistent.Renewal{Open: Whole(connect), Logger: c.log}), nil
}

// startPersistent opens and connects the workload once.
func startPersistent(ctx context.Context, w Workload, _ conditions) (running, error) {
	connect, err := w.Open(ctx)
	if err != nil {
		return running{}, fmt.Errorf("opening %s: %w", w.Name, err)
	}
	handler, shut, err := connect(ctx)
	if err != nil {
		return running{}, fmt.Errorf("connecting %s: %w", w.Name, err)
	}
	r := resident(handler)
	r.shut = shut
	return r, nil
}

// resident is a handler in this process, without children and with nothing to shut.
func resident(h http.Handler) running {
	return running{h, func() cgi.Stats { return cgi.Stats{} }, nil, func() error { return nil }}
}
