package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"

	"forktax/bench/load"
	"forktax/bench/measure"
	"forktax/bench/scenario"
	"forktax/bench/suite"
)

// options are what a command line or a scenario says of a run. The names in both are the same.
type options struct {
	measure.Options
	given  map[string]scenario.Place // options that the user gave, by name
	unsaid scenario.Place            // where the others could have been given
}

func defaults() options {
	return options{Options: measure.DefaultOptions(), given: map[string]scenario.Place{}}
}

// flags offers the options as flags, whose defaults are the values that they have.
func (o *options) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.Workloads, "workload", o.Workloads,
		"workloads, or single requests of them (guestbook/read), or paths of programs that keep the contract")
	f.StringSliceVar(&o.Models, "model", o.Models, "models to compare")
	f.StringVar(&o.Baseline, "baseline", o.Baseline,
		"the model, target or variant that the others are compared with; by default persistent, or else the first")
	f.StringVar(&o.Suite, "suite", o.Suite, fmt.Sprintf("in place of --workload: real web servers and languages, one of %v", suite.Names()))
	serverFlags(&o.Spec, f)
	programFlags(&o.Spec, f)
	requestFlags(&o.Spec, f)
	responseFlags(&o.Spec, f)
	f.IntSliceVar(&o.Clients, "clients", o.Clients, "closed loop: how many clients send, each waiting for its answer; one cell for each number")
	f.Float64SliceVar(&o.Rates, "rate", o.Rates, "open loop: requests a second that arrive whatever the server does; one cell for each rate")
	f.StringVar(&o.Arrivals, "arrivals", o.Arrivals, "of an open loop: poisson or constant")
	f.IntVar(&o.Connections, "connections", o.Connections, "open loop: the most connections at once; beyond them requests wait")
	f.StringVar(&o.Engine, "engine", o.Engine, fmt.Sprintf("what offers the load: %v", load.Names()))
	f.IntVar(&o.Rounds, "rounds", o.Rounds, "how many rounds there are; 0 means as many as --budget allows")
	f.DurationVar(&o.Budget, "budget", o.Budget,
		"how long a run takes, starts of its targets included and their warm-up not, unless --rounds is given; up to twice as long if a comparison "+
			"has too few pairs for an interval, and longer only if the fewest starts take longer; --find-knee has no bound unless it is given")
	f.IntVar(&o.Starts, "starts", o.Starts,
		"how often the targets are started; at least 3, so that they are restarted twice; if it is not given, 3 or more "+
			"where the budget is short, and 3 with --find-knee")
	f.DurationVar(&o.Block, "block", o.Block, "length of a visit; 0 means 20ms for one client, 250ms for others, 1s with --find-knee")
	f.DurationVar(&o.WarmUp, "warm-up", o.WarmUp,
		"longest warm-up of a start of resident targets, which ends when response times are steady; not part of --budget")
	f.BoolVar(&o.Cold, "cold", o.Cold, "instead of a load: start each program with its files evicted from the page cache and without, in turn")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "of all that is random; 0 draws one")
	f.BoolVar(&o.CrossCheck, "cross-check", o.CrossCheck, "have hey repeat a part of the closed loops, and say how far it agrees")
	f.BoolFunc("no-cross-check", "the same as --cross-check=false", not(&o.CrossCheck))
	f.BoolVar(&o.Floor, "floor", o.Floor, "measure also the smallest program that can answer, through the same cgi host")
	f.BoolFunc("no-floor", "the same as --floor=false", not(&o.Floor))
	f.BoolVar(&o.ReuseLevels, "reuse-levels", o.ReuseLevels, "measure also, at the first closed loop, the models between cgi and persistent; --model names all that are wanted")
	f.BoolFunc("no-reuse-levels", "the same as --reuse-levels=false", not(&o.ReuseLevels))
	f.BoolVar(&o.Phases, "phases", o.Phases, "have programs tell where the time of each request goes")
	f.BoolFunc("no-phases", "the same as --phases=false", not(&o.Phases))
	f.BoolVar(&o.Pin, "pin", o.Pin, "give the generator a core of its own, and the targets the others")
	f.BoolVar(&o.NoReuse, "no-keepalive", o.NoReuse, "make a new connection for each request")
	requireAllFlag(f, &o.RequireAll)
	f.StringVar(&o.SLO, "slo", o.SLO, "objective for response times at a rate, such as p99=50ms: the report says up to which rate it is met")
	f.BoolVar(&o.FindKnee, "find-knee", o.FindKnee, "search for the highest rate at which the objective of --slo is met")
	databaseFlags(&o.Data, f)
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
