package suite

import (
	"time"

	"forktax/bench/plan"
	"forktax/bench/subject"
)

// Defaults of a suite. Blocks have a dozen requests even if an interpreter is started for each, and are as short as
// that allows, because short rounds make ratios repeatable.
const (
	defaultBudget  = 3 * time.Minute
	defaultBlock   = 200 * time.Millisecond
	defaultClients = 8
)

// excluded lists options that cannot be combined with a suite, because it defines what is compared.
var excluded = []string{"workload", "model", "target", "cgi", subject.PersistentName, "find-knee", "slo", "database",
	"database-tls", "database-socket", "floor", "reuse-levels", "cold", "env", "variants"}

// Configure sets the defaults of a suite in the options of a run.
func Configure(o *plan.Options) error {
	for _, other := range excluded {
		if o.Explicit[other] {
			return subject.InvalidOption(other, "cannot be combined with a suite, which defines what is compared")
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
	described := &plan.SuiteInfo{Name: s.Name, About: s.About, Contenders: l.Contenders, Versions: l.Versions,
		Failed: l.Failed}
	for _, g := range s.Groups {
		if g.About == "" {
			continue
		}
		if described.Groups == nil {
			described.Groups = map[string]string{}
		}
		described.Groups[g.Name] = g.About
	}
	for _, missing := range l.Missing {
		described.LeftOut = append(described.LeftOut, missing.Error())
	}
	described.LeftOut = append(described.LeftOut, l.Lacking...)
	return plan.OfSuite(o, described, l.Workloads, s.Baseline)
}
