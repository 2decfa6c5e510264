package measure

import (
	"cmp"
	"slices"
	"strings"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/servers"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/bench/suite"
)

// Options are what is measured, and how. DefaultOptions has the defaults.
type Options struct {
	plan.Options
	subject.Spec
	Workloads  []string // names, name/request, or paths of programs
	Suite      string   // replaces workloads, models and targets
	Phases     bool     // programs report where the time of each request goes
	Cold       bool     // programs are started, with their files let go from memory and without, and nothing else is measured
	Pin        bool     // the load generator gets a core of its own
	RequireAll bool     // nothing may be left out
	Data       servers.Options
}

// DefaultOptions compare cgi with persistent in half a minute.
func DefaultOptions() Options {
	o := Options{Options: plan.DefaultOptions(), Workloads: []string{"hello", "guestbook"}, Phases: true,
		Data: servers.Options{Database: servers.Embedded}}
	o.PercentileNeeds = stats.PercentileNeeds
	return o
}

// Complete derives what options do not say from those that they do, and returns an error of the first that is invalid.
func (o *Options) Complete() error {
	if err := cmp.Or(o.ValidateComparison(o.Explicit), o.Spec.Validate(), o.validateSpec(), o.validateCold()); err != nil {
		return err
	}
	if o.Cold {
		o.Clients, o.CrossCheck, o.Floor = []int{1}, false, false // the floor answers no request without its host
		o.ReuseLevels = o.ReuseLevels && o.Explicit["reuse-levels"]
	}
	if o.CGI != "" {
		o.Models, o.ReuseLevels = []string{subject.ScriptModel}, false
		if o.Baseline == "" && o.Persistent != "" {
			o.Baseline = subject.PersistentName
		}
	}
	o.Selections, o.Mix = o.selections(), len(o.Weighted) > 0
	if err := o.Options.Validate(); err != nil {
		return err
	}
	switch {
	case len(o.Workloads) == 0:
		return subject.InvalidOption("workload", "is empty: name a workload or the path of a program")
	case !slices.Contains(load.Names(), o.Engine):
		return subject.InvalidOption("engine", "%q is unknown; there are %s", o.Engine, strings.Join(load.Names(), ", "))
	}
	if o.Suite != "" {
		if err := suite.Configure(o.Suite, &o.Options); err != nil {
			return err
		}
		o.Phases = o.Phases && o.Explicit["phases"] // which only our own servers report, at a price
	}
	return o.Data.Validate()
}

// selections are what programs serve. If only external servers are named, no program serves anything.
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

// validateSpec returns an error of the first option that says something of a program which is not there.
func (o *Options) validateSpec() error {
	targetsOnly := len(o.Targets) > 0 && !o.Explicit["workload"]
	for _, given := range []struct {
		option string
		useful bool
		needs  string
	}{
		{"root", o.CGI != "", "is for --cgi"},
		{"documents", o.CGI != "", "is for --cgi"},
		{"dir", o.CGI != "", "is for --cgi and --persistent"},
		{"env", o.Suite == "" && (!targetsOnly || o.CGI != ""), "is for programs that forktax starts"},
		{"request", o.Suite == "", "cannot go with --suite, which has requests of its own"},
		{"header", o.Suite == "", "cannot go with --suite, which has requests of its own"},
		{"body", o.Suite == "", "cannot go with --suite, which has requests of its own"},
		{"body-file", o.Suite == "", "cannot go with --suite, which has requests of its own"},
		{"expect-status", o.Suite == "", "cannot go with --suite, which has requests of its own"},
		{"requests", o.Suite == "", "cannot go with --suite, which has requests of its own"},
	} {
		if o.Explicit[given.option] && !given.useful {
			return subject.InvalidOption(given.option, "%s", given.needs)
		}
	}
	if o.Explicit["requests"] && o.Explicit["request"] {
		return subject.InvalidOption("requests", "cannot be combined with request")
	}
	return o.validateURLs()
}

// validateURLs returns an error of the first URL of a server with parts that would not be sent, because requests have
// paths of their own.
func (o *Options) validateURLs() error {
	requested := len(o.Requests)+len(o.Weighted) > 0
	const advice = "put it into each --request, such as '/path?%s'"
	for i, text := range o.Targets {
		f, err := subject.ParseExternal(text)
		if err != nil {
			return subject.InvalidElement("target", i, "%v", err)
		}
		if query := f.URL.RawQuery; query != "" && (requested || o.Explicit["workload"]) {
			return subject.InvalidElement("target", i, "%q: its query %q cannot go with requests that have paths of their own: "+
				advice, text, query, query)
		}
	}
	server, path, err := o.Server()
	if err != nil || server == nil || !requested || path == "" || path == "/" {
		return err
	}
	return subject.InvalidOption(subject.PersistentName, "%q: its path %q cannot go with --request, which has the path: "+
		"give the URL without it", o.Persistent, path)
}
