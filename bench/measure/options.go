package measure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/servers"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/bench/suite"
	"forktax/workload/contract"
)

// Options are the options of a run. DefaultOptions returns the defaults.
type Options struct {
	plan.Options
	subject.Spec
	Workloads  []string     // names, name/request, or paths of programs
	Suite      string       // name of a suite, or path of its file
	Lineup     *suite.Suite // the suite, which replaces workloads, models and targets; nil if there is none
	Phases     bool         // programs report the phases of each request
	Workers    int          // workers of models whose processes serve several requests; 0: the default of the program
	Spares     int          // processes that a pool keeps ready; 0: the default of the program
	Cold       bool         // measure only starts of programs, with evicted and with cached files
	Pin        bool         // the load generator has cores of its own, in half of the starts
	Cores      []string     // name=cores of the generator and of targets; implies Pin
	RequireAll bool         // fail if anything would be left out
	Data       servers.Options
}

// DefaultOptions returns options that compare cgi with persistent in 30 seconds.
func DefaultOptions() Options {
	o := Options{Options: plan.DefaultOptions(), Workloads: []string{"hello", "guestbook"}, Phases: true,
		Data: servers.Options{Database: servers.Embedded}}
	o.PercentileNeeds = stats.PercentileNeeds
	return o
}

// Complete sets options that are derived from others, and returns an error for the first invalid option.
func (o *Options) Complete() error {
	if err := cmp.Or(o.ValidateComparison(o.Explicit), o.Spec.Validate(), o.validateSpec(), o.validateCold()); err != nil {
		return err
	}
	if o.Part.Of > 0 && o.CGI != "" {
		return subject.InvalidOption("part", "measures servers that are already running, and no CGI program: give --target "+
			"instead of --cgi")
	}
	if err := o.ValidateParts(len(o.Targets)); err != nil {
		return err
	}
	if (o.Pin || len(o.Cores) > 0) && len(o.Targets) > 0 {
		return subject.InvalidOption("target", "cannot be combined with --pin or --cores, which places what forktax starts")
	}
	o.InParts()
	if (o.Pin || len(o.Cores) > 0) && !o.Explicit["starts"] {
		o.Starts *= 2 // half of them share the cores
	}
	if o.Cold {
		o.Clients, o.CrossCheck, o.Floor = []int{1}, false, false // the floor needs its host to respond
		o.ReuseLevels = o.ReuseLevels && o.Explicit["reuse-levels"]
	}
	if o.CGI != "" {
		if o.ReuseLevels = false; !o.Explicit["model"] {
			o.Models = []string{subject.ScriptModel}
		}
		if o.Baseline == "" && o.Persistent != "" {
			o.Baseline = subject.PersistentName
		}
	}
	o.Selections, o.Mix = o.selections(), len(o.Weighted) > 0
	if err := o.Options.Validate(); err != nil {
		return err
	}
	switch {
	case o.Workers < 0:
		return subject.InvalidOption(contract.FlagWorkers, "%d: must be at least 1", o.Workers)
	case o.Spares < 0:
		return subject.InvalidOption(contract.FlagSpares, "%d: must be at least 1", o.Spares)
	case len(o.Workloads) == 0:
		return subject.InvalidOption("workload", "is empty: give the name of a workload or the path of a program")
	case !slices.Contains(load.Names(), o.Engine):
		return subject.InvalidOption("engine", "%q: must be one of %s", o.Engine, strings.Join(load.Names(), ", "))
	}
	if o.Lineup != nil {
		if err := suite.Configure(&o.Options); err != nil {
			return err
		}
		o.Phases = o.Phases && o.Explicit["phases"] // only our own servers report phases, which takes time
	}
	return o.Data.Validate()
}

// limits returns the flags of limits for programs.
func (o *Options) limits() (flags []string) {
	for name, n := range map[string]int{contract.FlagWorkers: o.Workers, contract.FlagSpares: o.Spares} {
		if n > 0 {
			flags = append(flags, fmt.Sprintf("-%s=%d", name, n))
		}
	}
	slices.Sort(flags)
	return flags
}

// selections returns the programs and requests to measure. It is empty if only external servers are measured.
func (o *Options) selections() []subject.Selection {
	if o.CGI != "" {
		return []subject.Selection{{Program: subject.ScriptWorkload}}
	}
	if len(o.Targets) > 0 && !o.Explicit["workload"] {
		return nil
	}
	var selections []subject.Selection
	for _, w := range o.Workloads {
		selections = append(selections, subject.ParseSelection(w))
	}
	return selections
}

// validateSpec returns an error for the first option that applies to a program or request that is not measured.
func (o *Options) validateSpec() error {
	targetsOnly := len(o.Targets) > 0 && !o.Explicit["workload"]
	for _, given := range []struct {
		option string
		useful bool
		needs  string
	}{
		{"root", o.CGI != "", "requires --cgi"},
		{"documents", o.CGI != "", "requires --cgi"},
		{"dir", o.CGI != "", "requires --cgi or --persistent"},
		{"env", !targetsOnly || o.CGI != "", "applies only to programs that forktax starts"},
		{"authorization", o.Lineup == nil, "cannot be combined with a suite, whose programs do not get the header"},
		{"target-admin", o.Lineup == nil, "requires --target"},
	} {
		if o.Explicit[given.option] && !given.useful {
			return subject.InvalidOption(given.option, "%s", given.needs)
		}
	}
	if o.Lineup != nil && o.Lineup.HasRequests() {
		for _, option := range []string{"request", "requests", "header", "body", "body-file", "expect-status"} {
			if o.Explicit[option] {
				return subject.InvalidOption(option, "cannot be combined with a suite whose groups have their own requests: use "+
					"the key of the group or request")
			}
		}
	}
	if o.Explicit["requests"] && o.Explicit["request"] {
		return subject.InvalidOption("requests", "cannot be combined with --request")
	}
	return o.validateURLs()
}

// validateURLs returns an error for the first URL with parts that would not be sent, because the requests have their
// own paths.
func (o *Options) validateURLs() error {
	requested := len(o.Requests)+len(o.Weighted) > 0
	const advice = "put it into each --request, such as '/path?%s'"
	for i, text := range o.Targets {
		f, err := subject.ParseExternal(text)
		if err != nil {
			return subject.InvalidElement("target", i, "%v", err)
		}
		if query := f.URL.RawQuery; query != "" && (requested || o.Explicit["workload"]) {
			return subject.InvalidElement("target", i, "%q: the query %q cannot be combined with requests that have their own "+
				"path: "+advice, text, query, query)
		}
	}
	server, path, err := o.Server()
	if err != nil || server == nil || !requested || path == "" || path == "/" {
		return err
	}
	return subject.InvalidOption(subject.PersistentName, "%q: the path %q cannot be combined with --request, which has "+
		"the path: remove it from the URL", o.Persistent, path)
}
