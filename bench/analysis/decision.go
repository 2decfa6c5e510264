package analysis

import (
	"fmt"

	"forktax/bench/record"
	"forktax/workload/contract"
)

// A Decision turns the cost of a request, at the first load that was measured, into the basis of a decision: the cores
// needed at some rates, and the measures that would reduce the fork tax.
type Decision struct {
	Workload      string      `json:"workload"`
	Request       string      `json:"request"`
	Model         string      `json:"model"`
	Load          record.Load `json:"load"`
	CoreShares    []Share     `json:"core_shares"`       // one for each of DecisionRates
	SecondCoreRPS float64     `json:"core_capacity_rps"` // requests per second above which one core is not enough
	TaxNS         *float64    `json:"tax_ns"`            // fork tax of the median response time; nil if none was found
	Savings       []Saving    `json:"savings"`           // reductions of the tax; they overlap
}

// A Share is the number of cores needed at a rate: 0.5 is half a core, 2 are two cores.
type Share struct {
	RateRPS float64 `json:"rate_rps"`
	Cores   float64 `json:"cores"`
}

// A Saving is the reduction of the tax by one measure, such as a static build.
type Saving struct {
	By      string  `json:"by"`
	NS      float64 `json:"ns"`
	Share   float64 `json:"share"`       // share of the tax
	AtMost  bool    `json:"upper_bound"` // NS is an upper bound
	Because string  `json:"source"`      // the measurements that it is computed from
}

// DecisionRates are the rates, in requests per second, at which decisions list shares of a core.
var DecisionRates = []float64{1, 10, 100, 1000}

// decisions returns a decision for each cell of the first load of each request.
func decisions(a *Analysis) []Decision {
	found := []Decision{}
	for _, c := range FirstLoads(a.OwnCells()) {
		if c.CPUPerRequest == nil || *c.CPUPerRequest <= 0 || c.Workload == a.Run.Floor {
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

// savings returns the measures that would reduce the tax of a model that starts processes, with their reductions.
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
			"phases connect and close; the bound is reached only if the pooler authenticates clients at no cost (trust)")
	}
	if other := a.fastestStatic(c); other != nil {
		add("a static build", float64(c.startupNS()-other.startupNS()), true,
			fmt.Sprintf("phases spawn and start, compared with %s, which is statically linked", other.Workload))
	}
	add("a resident process", tax, false, "the comparison with "+record.Baseline)
	return found
}

// startupNS returns the time of a request that its process takes to start, in nanoseconds.
func (c Cell) startupNS() int64 {
	return c.PhaseNS(contract.PhaseSpawn.String()) + c.PhaseNS(contract.PhaseStart.String())
}

// fastestStatic returns, for a cell of a dynamically linked Go program, the cell of the statically linked Go program
// with the same model and load that starts fastest. The floor does not count, because its child is not a Go program.
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
