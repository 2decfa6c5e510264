package workers

import (
	"context"
	"fmt"

	"forktax/cgi/spawn"
	"forktax/workload/contract"
	"forktax/workload/model"
)

// Model is the execution models "fastcgi" and "pool", and those that recycle workers: a [Host] serves requests with
// workers, which execute the program itself.
var Model = model.Package{Start: startHost, IsChild: isWorker, Child: serveWorker}

// Proxied is the execution model "http-unix": a [Proxy] passes requests on to a resident process of the program.
var Proxied = model.Package{Start: startProxy, IsChild: isServer, Child: serveHTTP}

func startProxy(ctx context.Context, p model.Program) (model.Server, error) {
	x, err := p.Command()
	if err != nil {
		return model.Server{}, fmt.Errorf("finding the executable: %w", err)
	}
	h := &Proxy{Path: x.Path, Dir: x.Dir, Env: environment(p.Inherited(x)), Limits: p.Limits, Logger: p.Logger}
	if err := h.Open(ctx); err != nil {
		return model.Server{}, err
	}
	return model.Server{Handler: h, Stats: h.Stats, Children: h.Children, Close: h.Close}, nil
}

func startHost(ctx context.Context, p model.Program) (model.Server, error) {
	if p.Model.Process != contract.Kept { // it starts many processes
		spawn.TuneScheduler()
	}
	x, err := p.Command()
	if err != nil {
		return model.Server{}, fmt.Errorf("finding the executable: %w", err)
	}
	limits := p.Limits.WithDefaults()
	h := &Host{Path: x.Path, Dir: x.Dir, Env: environment(p.Inherited(x)), Authorization: x.Authorization,
		Workers: limits.Workers, Requests: p.Model.Requests, Late: p.Model.Late,
		Together: p.Model.Together, Limits: limits, Logger: p.Logger}
	if p.Model.Process == contract.Ahead {
		h.Workers, h.Requests = limits.Spares, 1
	}
	if err := h.Open(ctx); err != nil {
		return model.Server{}, err
	}
	return model.Server{Handler: h, Stats: h.Stats, Children: h.Children, Close: h.Close}, nil
}

// environment returns the variables of this process that workers inherit: the named ones, and that by which programs
// are found.
func environment(names []string) []string {
	return model.Settings(append([]string{"PATH"}, names...)...)
}
