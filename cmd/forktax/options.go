package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/bench/suite"
)

// options are what a command line or a scenario says of a run. The names in both are the same.
type options struct {
	Workloads []string
	Models    []string
	Variants  []subject.Variant // in place of the models
	Baseline  string            // "" leaves it to the plan
	Targets   []string
	Suite     string // in place of workloads, models and targets
	Own       ownOptions
	Clients   []int
	Rates     []float64
	Arrivals  string
	Most      int
	Engine    string
	Rounds    int
	Budget    time.Duration
	Groups    int
	Block     time.Duration
	Seed      uint64
	Referee   bool
	Floor     bool
	Ladder    bool
	Phases    bool
	Pin       bool
	Fresh     bool
	Different bool
	All       bool
	SLO       string
	FindKnee  bool
	Data      databaseOptions

	began  time.Time        // when the first target was started, if that was to learn what it answers
	said   map[string]place // by name; what is not in it is taken for granted
	unsaid place            // where that could have been said
}

// defaults need no thought: they compare the twins in half a minute.
func defaults() options {
	return options{
		Workloads: []string{"hello", "guestbook"},
		Models:    []string{plan.Baseline, plan.Fresh},
		Clients:   []int{1, 8},
		Arrivals:  "poisson",
		Most:      1000, // what a cgi host of default size lets wait
		Engine:    load.Default,
		Budget:    30 * time.Second,
		Groups:    8,
		Referee:   true,
		Floor:     true,
		Ladder:    true,
		Phases:    true,
		Data:      databaseOptions{Database: embedded},
		said:      map[string]place{},
	}
}

// flags offers the options as flags, whose defaults are the values that they have.
func (o *options) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.Workloads, "workload", o.Workloads,
		"workloads, or single requests of them (guestbook/read), or paths of programs that keep the contract")
	f.StringSliceVar(&o.Models, "model", o.Models, "models to compare")
	f.StringVar(&o.Baseline, "baseline", o.Baseline,
		"the model, target or variant that the others are compared with; by default persistent, or else the first")
	f.StringSliceVar(&o.Targets, "target", o.Targets, "servers that somebody else runs, as name=url; with --workload they are to serve that, too")
	f.StringVar(&o.Suite, "suite", o.Suite, fmt.Sprintf("in place of --workload: real web servers and languages, one of %v", suite.Names()))
	o.Own.flags(f)
	f.IntSliceVar(&o.Clients, "clients", o.Clients, "closed loop: how many clients send, each waiting for its answer; one cell for each number")
	f.Float64SliceVar(&o.Rates, "rate", o.Rates, "open loop: requests a second that arrive whatever the server does; one cell for each rate")
	f.StringVar(&o.Arrivals, "arrivals", o.Arrivals, "of an open loop: poisson or constant")
	f.IntVar(&o.Most, "connections", o.Most, "open loop: the most connections at once; beyond them requests wait")
	f.StringVar(&o.Engine, "engine", o.Engine, fmt.Sprintf("what offers the load: %v", load.Names()))
	f.IntVar(&o.Rounds, "rounds", o.Rounds, "how many rounds there are; 0 means as many as --budget allows")
	f.DurationVar(&o.Budget, "budget", o.Budget,
		"how long a run takes, starts of its targets included, unless --rounds is given; up to twice as long if a comparison "+
			"has too few pairs for an interval, and longer only if the fewest starts take longer; with --find-knee, the search")
	f.IntVar(&o.Groups, "groups", o.Groups,
		"how often the targets are started; at least 3, so that they are restarted twice; if it is not given, 3 or more "+
			"where the budget is short, and 3 with --find-knee")
	f.DurationVar(&o.Block, "block", o.Block, "length of a visit; 0 means 20ms for one client, 250ms for others, 1s with --find-knee")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "of all that is random; 0 draws one")
	f.BoolVar(&o.Referee, "referee", o.Referee, "have hey repeat a part of the closed loops, and say how far it agrees")
	f.BoolFunc("no-referee", "the same as --referee=false", not(&o.Referee))
	f.BoolVar(&o.Floor, "floor", o.Floor, "measure also the smallest program that can answer, through the same cgi host")
	f.BoolFunc("no-floor", "the same as --floor=false", not(&o.Floor))
	f.BoolVar(&o.Ladder, "ladder", o.Ladder, "measure also, at the first closed loop, the models between cgi and persistent; --model names all that are wanted")
	f.BoolFunc("no-ladder", "the same as --ladder=false", not(&o.Ladder))
	f.BoolVar(&o.Phases, "phases", o.Phases, "have programs tell where the time of each request goes")
	f.BoolFunc("no-phases", "the same as --phases=false", not(&o.Phases))
	f.BoolVar(&o.Pin, "pin", o.Pin, "give the generator a core of its own, and the targets the others")
	f.BoolVar(&o.Fresh, "no-keepalive", o.Fresh, "make a new connection for each request")
	requireAllFlag(f, &o.All)
	f.BoolVar(&o.Different, "allow-different-answers", o.Different, "measure also what does not answer the same")
	f.StringVar(&o.SLO, "slo", o.SLO, "objective for response times at a rate, such as p99=50ms: the report says up to which rate it is met")
	f.BoolVar(&o.FindKnee, "find-knee", o.FindKnee, "search for the highest rate at which the objective of --slo is met")
	o.Data.flags(f)
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "rates" {
			name = "rate"
		}
		return pflag.NormalizedName(name)
	})
}

// not is a flag that says the contrary of an option.
func not(option *bool) func(text string) error {
	return func(text string) error {
		no, err := strconv.ParseBool(text)
		*option = !no
		return err
	}
}

// Limits on what may be asked for: beyond them is a slip of the finger.
const (
	mostClients  = 10_000
	mostRounds   = 1_000_000
	mostRate     = 1_000_000
	shortestStay = time.Millisecond
	fewestGroups = 3 // a resident process draws its memory layout once, so it must be started more than once
	fewestSent   = 5 // requests of a block: one of less has no median to speak of
)

func (o *options) check() error {
	client := slices.IndexFunc(o.Clients, func(n int) bool { return n < 1 || n > mostClients })
	rate := slices.IndexFunc(o.Rates, func(r float64) bool { return !(r > 0 && r <= mostRate) })
	switch {
	case client != whole, len(o.Clients) == 0 && len(o.Rates) == 0:
		return mistakenAt("clients", client, "%v: numbers from 1 to %d are needed", o.Clients, mostClients)
	case again(o.Clients) != whole:
		return mistakenAt("clients", again(o.Clients), "%v: a number is there twice", o.Clients)
	case again(o.Rates) != whole:
		return mistakenAt("rate", again(o.Rates), "%v: a number is there twice", o.Rates)
	case again(o.Models) != whole:
		return mistakenAt("model", again(o.Models), "%v: a name is there twice", o.Models)
	case rate != whole:
		return mistakenAt("rate", rate, "%v: numbers of requests a second up to %d are needed", o.Rates, mostRate)
	case len(o.Variants) > 0 && o.has("model"):
		return mistaken("model", "cannot go with variants, each of which has a model of its own")
	case len(o.Variants) > 0 && len(o.wishes()) == 0:
		return mistaken(variantsKey, "are of a workload, and only targets are named: name one, too")
	case o.Arrivals != "poisson" && o.Arrivals != "constant":
		return mistaken("arrivals", "%q is unknown; there are poisson and constant", o.Arrivals)
	case o.Most < 1 || o.Most > mostClients:
		return mistaken("connections", "%d: a number from 1 to %d is needed", o.Most, mostClients)
	case o.Rounds < 0 || o.Rounds > mostRounds:
		return mistaken("rounds", "%d: a number up to %d is needed", o.Rounds, mostRounds)
	case o.Rounds == 0 && o.Budget < time.Second:
		return mistaken("budget", "%v: at least 1s is needed", o.Budget)
	case o.Groups < fewestGroups:
		return mistaken("groups", "%d: at least %d are needed", o.Groups, fewestGroups)
	case o.Block != 0 && o.Block < shortestStay:
		return mistaken("block", "%v: at least %v is needed", o.Block, shortestStay)
	case o.Engine == refereeEngine && (len(o.Rates) > 0 || o.FindKnee):
		return mistaken("engine", "hey offers closed loops only: leave out --rate and --find-knee, or take another engine")
	case o.SLO == "" && o.FindKnee:
		return mistaken("find-knee", "needs an objective: give --slo, such as p99=50ms")
	case o.FindKnee && o.has("rate"):
		return mistaken("rate", "and --find-knee exclude each other: a search tries rates of its own")
	case o.FindKnee && o.has("clients"):
		return mistaken("clients", "and --find-knee exclude each other: a search is made at rates, not by closed loops")
	case o.FindKnee && o.has("rounds"):
		return mistaken("rounds", "and --find-knee exclude each other: a search has no rounds, but it keeps a --budget")
	case o.SLO != "" && !o.FindKnee && len(o.Rates) == 0:
		return mistaken("slo", "%q needs rates to be held against: give --rate or --find-knee", o.SLO)
	case len(o.Workloads) == 0:
		return mistaken("workload", "is empty: name a workload or the path of a program")
	case len(o.Models) == 0:
		return mistaken("model", "is empty: name a model")
	case !slices.Contains(load.Names(), o.Engine):
		return mistaken("engine", "%q is unknown; there are %s", o.Engine, strings.Join(load.Names(), ", "))
	}
	if _, err := o.objective(); err != nil {
		return err
	}
	if err := o.own(); err != nil {
		return err
	}
	if err := o.ofSuite(); err != nil {
		return err
	}
	return o.Data.check()
}

// again is the index of the first value that is there before, or whole.
func again[T comparable](values []T) int {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			return i
		}
	}
	return whole
}

// objective reads --slo: a percentile and a limit.
func (o *options) objective() (*plan.Objective, error) {
	if o.SLO == "" {
		return nil, nil
	}
	wrong := mistaken("slo", "%q: a percentile and a limit are needed, such as p99=50ms", o.SLO)
	name, limit, found := strings.Cut(o.SLO, "=")
	percent, err := strconv.ParseFloat(strings.TrimPrefix(name, "p"), 64)
	if !found || err != nil || !(percent > 0 && percent < 100) {
		return nil, wrong
	}
	d, err := time.ParseDuration(limit)
	if err != nil || d <= 0 {
		return nil, wrong
	}
	return &plan.Objective{Percentile: percent / 100, LimitNS: int64(d)}, nil
}

// wish is one --workload: a program, and one of its requests or all.
type wish struct{ program, request string }

// wishes lists what is to be served. Where only targets are named, nothing else is.
func (o *options) wishes() []wish {
	if o.Own.CGI != "" {
		return []wish{{scriptWorkload, ""}}
	}
	if len(o.Targets) > 0 && !o.has("workload") {
		return nil
	}
	var wishes []wish
	for _, w := range o.Workloads {
		wishes = append(wishes, wishFor(w))
	}
	return wishes
}

// wishFor reads guestbook, guestbook/read, or the path of a program, which ./program and /path/to/program are.
func wishFor(w string) wish {
	if name, request, found := strings.Cut(w, "/"); found && name != "" && !strings.HasPrefix(w, ".") {
		return wish{name, request}
	}
	return wish{w, ""}
}

// wished is the element of --workload that wishes for the program first.
func (o *options) wished(program string) int {
	return slices.IndexFunc(o.Workloads, func(w string) bool { return wishFor(w).program == program })
}

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
