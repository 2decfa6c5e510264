package main

import (
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"forktax/bench/load"
	"forktax/bench/measure"
	"forktax/bench/plan"
	"forktax/bench/scenario"
	"forktax/bench/suite"
)

// options holds the options of a run, from the command line or a scenario. Options have the same names in both.
type options struct {
	measure.Options
	given  map[string]scenario.Place // places of the options that the user gave, by name
	unsaid scenario.Place            // place of the options that the user did not give: the beginning of the scenario
}

func defaults() options {
	return options{Options: measure.DefaultOptions(), given: map[string]scenario.Place{}}
}

// flags adds a flag for each option. Its default is the value of the option.
func (o *options) flags(f *pflag.FlagSet) {
	f.StringSliceVar(&o.Workloads, "workload", o.Workloads,
		"workloads, single requests (guestbook/read), or paths of programs that follow the program contract")
	f.StringSliceVar(&o.Models, "model", o.Models, "models to compare")
	f.StringVar(&o.Baseline, "baseline", o.Baseline,
		"model, target or variant that the others are compared with (default persistent, or the first)")
	f.StringVar(&o.Suite, "suite", o.Suite,
		"suite of web servers, programs or languages, instead of --workload: one of "+strings.Join(suite.Names(), ", ")+
			", or the path of a YAML file with contenders")
	serverFlags(&o.Spec, f)
	programFlags(&o.Spec, f)
	requestFlags(&o.Spec, f)
	responseFlags(&o.Spec, f)
	f.IntSliceVar(&o.Clients, "clients", o.Clients,
		"closed loop: numbers of clients, each of which waits for its response; one cell per number")
	f.Float64SliceVar(&o.Rates, "rate", o.Rates,
		"open loop: requests per second, independent of the server; one cell per rate")
	f.StringVar(&o.Arrivals, "arrivals", o.Arrivals,
		"open loop: distribution of arrivals: poisson, constant, or burst:N (N requests at once, at equal intervals)")
	f.IntVar(&o.Connections, "connections", o.Connections,
		"open loop: maximum number of connections; further requests wait")
	f.StringVar(&o.Engine, "engine", o.Engine, "load engine: "+strings.Join(load.Names(), " or "))
	f.IntVar(&o.Rounds, "rounds", o.Rounds, "number of rounds (0: as many as fit into --budget)")
	f.DurationVar(&o.Budget, "budget", o.Budget,
		"duration of the run, with the starts of its targets and without their warm-up; up to twice as long if a comparison "+
			"has too few pairs for an interval; a search (--find-knee) has no limit unless this is given")
	f.IntVar(&o.Starts, "starts", o.Starts,
		"number of starts of the targets, at least 3; by default fewer if the budget is short, and 3 with --find-knee")
	f.DurationVar(&o.Block, "block", o.Block,
		"length of a block (0: 20ms for one client, 250ms otherwise, 1s with --find-knee)")
	f.DurationVar(&o.WarmUp, "warm-up", o.WarmUp,
		"longest warm-up of a start of resident targets, which ends when response times are steady; not part of --budget "+
			"(0: none, and no startup curve)")
	f.IntVar(&o.Workers, "workers", o.Workers,
		"workers of models whose processes serve several requests (0: the default of the program, 2 per core)")
	f.IntVar(&o.Spares, "pool", o.Spares,
		"processes that the model of that name keeps ready (0: the default of the program, 8)")
	f.BoolVar(&o.Cold, "cold", o.Cold,
		"instead of a load: start each program with its files evicted from the page cache and without, in turn")
	f.Uint64Var(&o.Seed, "seed", o.Seed, "random seed (0: choose one)")
	partFlag(f, &o.Part)
	f.Func("start-at", "instant at which the parts of a run begin, by RFC 3339", o.SetStart)
	f.BoolVar(&o.CrossCheck, "cross-check", o.CrossCheck,
		"repeat a part of the closed loops with hey, and report how far it agrees")
	f.BoolFunc("no-cross-check", "the same as --cross-check=false", not(&o.CrossCheck))
	f.BoolVar(&o.Floor, "floor", o.Floor, "also measure the floor: the smallest program, through the same CGI host")
	f.BoolFunc("no-floor", "the same as --floor=false", not(&o.Floor))
	f.BoolVar(&o.ReuseLevels, "reuse-levels", o.ReuseLevels,
		"also measure the models between cgi and persistent, at the first closed loop, unless --model is given")
	f.BoolFunc("no-reuse-levels", "the same as --reuse-levels=false", not(&o.ReuseLevels))
	f.BoolVar(&o.Phases, "phases", o.Phases, "have programs report the phases of each request")
	f.BoolFunc("no-phases", "the same as --phases=false", not(&o.Phases))
	f.BoolVar(&o.Pin, "pin", o.Pin,
		"reserve a core for the load generator in every other start of the targets; the report says what sharing costs")
	f.StringArrayVar(&o.Cores, "cores", o.Cores, "cores of the load generator or of a target, such as generator=0 or "+
		"persistent=1-3; implies --pin; may be repeated (default: the first core, and the others)")
	f.BoolVar(&o.NoReuse, "no-keepalive", o.NoReuse, "make a new connection for each request")
	requireAllFlag(f, &o.RequireAll)
	f.StringVar(&o.SLO, "slo", o.SLO,
		"objective for response times at a rate, such as p99=50ms; the report has the highest rate that meets it")
	f.BoolVar(&o.FindKnee, "find-knee", o.FindKnee, "search for the highest rate that meets --slo")
	databaseFlags(&o.Data, f)
	for _, former := range []string{"no-cross-check", "no-floor", "no-reuse-levels", "no-phases"} {
		_ = f.MarkHidden(former) // the flag exists
	}
	f.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "rates" {
			name = "rate"
		}
		return pflag.NormalizedName(name)
	})
}

// partFlag adds the flag --part.
func partFlag(f *pflag.FlagSet, p *plan.Part) {
	f.Var(p, "part", "measure part k of n, k/n, on one of several machines, for forktax merge; auto takes it from Slurm, "+
		"and auto/n from a Kubernetes Indexed Job")
}

// not returns a function that sets an option to the negated value of a flag.
func not(option *bool) func(text string) error {
	return func(text string) error {
		no, err := strconv.ParseBool(text)
		*option = !no
		return err
	}
}
