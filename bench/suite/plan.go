package suite

import (
	"strings"
	"time"

	"forktax/bench/plan"
	"forktax/bench/subject"
)

// Defaults of a suite. A request that starts an interpreter takes long, so blocks are long.
const (
	defaultBudget  = 3 * time.Minute
	defaultBlock   = 500 * time.Millisecond
	defaultClients = 8
)

// excluded are options that cannot be combined with a suite: it chooses itself what is compared.
var excluded = []string{"workload", "model", "target", "cgi", subject.PersistentName, "request", "baseline", "rate",
	"find-knee",
	"slo",
	"database", "database-tls", "database-socket", "floor", "reuse-levels", "allow-different-responses", "variants"}

// Configure gives the options of a run the defaults of the suite.
func Configure(name string, o *plan.Options) error {
	if _, known := Find(name); !known {
		return subject.InvalidOption("suite", "%q is unknown; there are %s", name, strings.Join(Names(), ", "))
	}
	for _, other := range excluded {
		if o.Explicit[other] {
			return subject.InvalidOption(other, "cannot be combined with --suite: a suite says itself what is compared")
		}
	}
	if !o.Explicit["clients"] {
		o.Clients = []int{defaultClients}
	}
	if !o.Explicit["budget"] {
		o.Budget = defaultBudget
	}
	if !o.Explicit["block"] {
		o.Block = defaultBlock
	}
	o.CrossCheck = o.CrossCheck && o.Explicit["cross-check"]
	return nil
}

// Plan returns the plan of the suite.
func (s Suite) Plan(o plan.Options, l *Prepared) plan.Plan {
	described := &plan.SuiteInfo{Name: s.Name, About: s.About, Contenders: l.Contenders, Versions: l.Versions}
	for _, missing := range l.Missing {
		described.LeftOut = append(described.LeftOut, missing.Error())
	}
	return plan.OfSuite(o, described, l.Workloads, s.Baseline)
}
