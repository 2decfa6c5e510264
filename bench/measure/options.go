package measure

import (
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
	Workloads []string // names, name/request, or paths of programs
	Targets   []string // external servers, as name=url
	// TargetAdmins are the admin listeners of those that are a forktax serve, as name=url.
	TargetAdmins []string
	Suite        string // replaces workloads, models and targets
	Adhoc        subject.Adhoc
	Phases       bool // programs report where the time of each request goes
	Pin          bool // the load generator gets a core of its own
	RequireAll   bool // nothing may be left out
	Data         servers.Options
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
	if err := o.Adhoc.Validate(o.Explicit); err != nil {
		return err
	}
	if o.Adhoc.CGI != "" {
		o.Models, o.ReuseLevels = []string{subject.ScriptModel}, false
		if o.Baseline == "" && o.Adhoc.Persistent != "" {
			o.Baseline = subject.PersistentName
		}
	}
	o.Selections = o.selections()
	if err := o.Validate(); err != nil {
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
	if o.Adhoc.CGI != "" {
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
