package analysis

import (
	"fmt"

	"forktax/bench/record"
	"forktax/workload/contract"
)

// A Decision turns the costs of a request into what somebody has to decide: how many cores it takes at a rate, and what
// would take how much of the fork tax away. It is about the cost at the first load that was measured.
type Decision struct {
	Workload      string      `json:"workload"`
	Request       string      `json:"request"`
	Model         string      `json:"model"`
	Load          record.Load `json:"load"`
	CoreShares    []Share     `json:"core_shares"`       // that requests take of a core, at some rates
	SecondCoreRPS float64     `json:"core_capacity_rps"` // from this rate on one core is not enough
	TaxNS         *float64    `json:"tax_ns"`            // of the median response time; nil if none was found
	Savings       []Saving    `json:"savings"`           // of the tax; they overlap
}

// A Share is how much of a core a rate takes: 0.5 is half, 2 are two.
type Share struct {
	RateRPS float64 `json:"rate_rps"`
	Cores   float64 `json:"cores"`
}

// A Saving is what one measure would take away of the tax.
type Saving struct {
	By      string  `json:"by"`
	NS      float64 `json:"ns"`
	Share   float64 `json:"share"`       // of the tax
	AtMost  bool    `json:"upper_bound"` // NS is a bound
	Because string  `json:"source"`      // what it was worked out from
}

// DecisionRates are those at which shares of a core are told.
var DecisionRates = []float64{1, 10, 100, 1000}

// decisions are about the cells of the first load of each request.
func decisions(a *Analysis) []Decision {
	found := []Decision{}
	for _, c := range FirstLoads(a.OwnCells()) {
		if c.CPUPerRequest == nil || *c.CPUPerRequest <= 0 || c.Workload == a.Run.Floor { // which nobody would serve
			continue
		}
		d := Decision{Workload: c.Workload, Request: c.Request, Model: c.Model, Load: c.Load,
			SecondCoreRPS: 1e9 / float64(*c.CPUPerRequest), Savings: []Saving{}}
		for _, rps := range DecisionRates {
			d.CoreShares = append(d.CoreShares, Share{rps, rps / d.SecondCoreRPS})
		}
		r := a.Comparison(c.Cell, MetricResponse)
		if r != nil && r.Difference > 0 && !r.Undecided() && r.Baseline == record.Baseline {
			d.TaxNS = &r.Difference
			d.Savings = a.savings(c, r.Difference)
		}
		found = append(found, d)
	}
	return found
}

// savings works out, for a model that starts processes, what would take away which part of the tax.
func (a *Analysis) savings(c Cell, tax float64) []Saving {
	found := []Saving{}
	if c.PhaseNS(contract.PhaseSpawn.String()) == 0 {
		return found
	}
	add := func(by string, ns float64, atMost bool, because string) {
		if ns > 0 {
			found = append(found, Saving{By: by, NS: ns, Share: min(ns/tax, 1), AtMost: atMost, Because: because})
		}
	}
	if c.ConnectionsPerRequest != nil && *c.ConnectionsPerRequest > 0 {
		connecting := c.PhaseNS(contract.PhaseConnect.String()) + c.PhaseNS(contract.PhaseClose.String())
		add("a connection pooler", float64(connecting), true,
			"the phases connect and close; all of them only if the pooler authenticates its clients at no cost, as by trust")
	}
	if other := a.fastestStatic(c); other != nil {
		add("a static build", float64(c.startupNS()-other.startupNS()), true,
			fmt.Sprintf("spawn and start of %s, which is linked statically", other.Workload))
	}
	add("a resident process", tax, false, "the comparison with "+record.Baseline)
	return found
}

// startupNS is the part of a request in which its process comes to be.
func (c Cell) startupNS() int64 {
	return c.PhaseNS(contract.PhaseSpawn.String()) + c.PhaseNS(contract.PhaseStart.String())
}

// fastestStatic finds, for a cell of a program that is linked dynamically, the static one of the same language, model
// and load that starts fastest. The floor is none: what it starts is no Go program.
func (a *Analysis) fastestStatic(c Cell) (other *Cell) {
	program := a.program(c.Workload)
	if program == nil || program.Linking != record.LinkedDynamically || program.Go == "" {
		return nil
	}
	for _, o := range a.Cells {
		p := a.program(o.Workload)
		if p == nil || p.Linking != record.LinkedStatically || p.Go == "" || o.Workload == a.Run.Floor ||
			o.Model != c.Model || o.Load != c.Load || o.Engine != c.Engine || o.startupNS() == 0 {
			continue
		}
		if other == nil || o.startupNS() < other.startupNS() {
			other = &o
		}
	}
	return other
}

func (a *Analysis) program(workload string) *record.Program {
	for i, p := range a.Environment.Programs {
		if p.Workload == workload {
			return &a.Environment.Programs[i]
		}
	}
	return nil
}
