package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"forktax/bench"
	"forktax/bench/load"
	"forktax/bench/program"
)

// options are what a command line says of a run.
type options struct {
	workloads []string
	models    []string
	clients   []int
	engine    string
	rounds    int
	groups    int
	block     time.Duration
	seed      uint64
}

func (o *options) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.workloads, "workload", []string{"hello", "guestbook"},
		"workloads, or single requests of them (guestbook/read), or paths of programs that keep the contract")
	f.StringSliceVar(&o.models, "model", []string{"persistent", "cgi"}, "models to compare")
	f.IntSliceVar(&o.clients, "clients", []int{1, 8}, "how many clients send, each waiting for its answer; one cell for each number")
	f.StringVar(&o.engine, "engine", load.Default, "what offers the load")
	f.IntVar(&o.rounds, "rounds", 8, "how often each cell is visited; an interval needs 6")
	f.IntVar(&o.groups, "groups", 4, "how often the targets are started; at least 3, so that they are restarted twice")
	f.DurationVar(&o.block, "block", 200*time.Millisecond, "length of a visit")
	f.Uint64Var(&o.seed, "seed", 0, "of all that is random; 0 draws one")
}

// Limits on what may be asked for: beyond them is a slip of the finger.
const (
	mostClients  = 10_000
	mostRounds   = 100_000
	shortestStay = time.Millisecond
	fewestGroups = 3 // METHOD.md: a resident process draws its memory layout once, so it must be started more than once
	fewestSent   = 5 // requests of a block: one of less has no median to speak of
)

func (o *options) check() error {
	if slices.ContainsFunc(o.clients, func(n int) bool { return n < 1 || n > mostClients }) || len(o.clients) == 0 {
		return usagef("--clients %v: numbers from 1 to %d are needed", o.clients, mostClients)
	}
	if o.rounds < 1 || o.rounds > mostRounds {
		return usagef("--rounds %d: a number from 1 to %d is needed", o.rounds, mostRounds)
	}
	if o.groups < fewestGroups {
		return usagef("--groups %d: at least %d are needed", o.groups, fewestGroups)
	}
	if o.block < shortestStay {
		return usagef("--block %v: at least %v is needed", o.block, shortestStay)
	}
	if len(o.workloads) == 0 {
		return usagef("--workload is empty: name a workload or the path of a program")
	}
	if len(o.models) == 0 {
		return usagef("--model is empty: name a model")
	}
	if _, ok := load.Engines()[o.engine]; !ok {
		return usagef("--engine %q is unknown; there are %v", o.engine, load.Names())
	}
	return nil
}

// wish is one --workload: a program, and one of its requests or all.
type wish struct{ program, request string }

func (o *options) wishes() []wish {
	var wishes []wish
	for _, w := range o.workloads {
		if name, request, found := strings.Cut(w, "/"); found && !isPath(w) {
			wishes = append(wishes, wish{name, request})
		} else {
			wishes = append(wishes, wish{w, ""})
		}
	}
	return wishes
}

// isPath tells ./program and /path/to/program from guestbook/read.
func isPath(w string) bool { return strings.HasPrefix(w, ".") || strings.HasPrefix(w, "/") }

// names lists the programs that are wished for, each once.
func (o *options) names() []string {
	var names []string
	for _, w := range o.wishes() {
		if !slices.Contains(names, w.program) {
			names = append(names, w.program)
		}
	}
	return names
}

// plan makes the plan of a run from what the programs say of themselves.
func (o *options) plan(programs []program.Program) (bench.Plan, error) {
	plan := bench.Plan{Rounds: max(o.rounds, o.groups), Groups: o.groups, BlockNS: int64(o.block), AtLeast: fewestSent,
		Seed: o.seed}
	names := o.names()
	for i, p := range programs {
		if j := slices.IndexFunc(plan.Workloads, func(d bench.Description) bool { return d.Name == p.Name }); j >= 0 {
			return bench.Plan{}, usagef("--workload: %s and %s both call themselves %q", programs[j].Path, p.Path, p.Name)
		}
		plan.Workloads = append(plan.Workloads, p.Description)
		for _, w := range o.wishes() {
			if w.program != names[i] {
				continue
			}
			requests, err := w.requests(p)
			if err != nil {
				return bench.Plan{}, err
			}
			cells, err := o.cells(p, requests)
			if err != nil {
				return bench.Plan{}, err
			}
			plan.Cells = append(plan.Cells, cells...)
		}
	}
	return plan, nil
}

// requests are the program's that are wished for.
func (w wish) requests(p program.Program) ([]bench.Request, error) {
	if w.request == "" {
		return p.Requests, nil
	}
	var names []string
	for i, r := range p.Requests {
		if r.Name == w.request {
			return p.Requests[i : i+1], nil
		}
		names = append(names, r.Name)
	}
	return nil, usagef("--workload: %s has no request %q; it has %s", p.Name, w.request, strings.Join(names, ", "))
}

// cells is the product of the requests, the loads and the models, in the order in which they are to be read.
func (o *options) cells(p program.Program, requests []bench.Request) ([]bench.Cell, error) {
	var cells []bench.Cell
	for _, r := range requests {
		for _, clients := range o.clients {
			for _, model := range o.models {
				if !p.Knows(model) {
					return nil, usagef("--model %q is unknown to %s; it has %s", model, p.Name, strings.Join(p.Models, ", "))
				}
				cells = append(cells, bench.Cell{Workload: p.Name, Request: r.Name, Model: model, Engine: o.engine,
					Load: bench.Load{Kind: bench.Closed, Concurrency: clients}})
			}
		}
	}
	return cells, nil
}
