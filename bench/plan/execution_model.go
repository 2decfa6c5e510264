package plan

import (
	"slices"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// ExecutionModel returns the execution model of a cell's model: the model of the variant, if it names a variant.
func (p Plan) ExecutionModel(model string) string {
	if i := slices.IndexFunc(p.Variants, func(v subject.Variant) bool { return v.Name == model }); i >= 0 {
		return p.Variants[i].Model
	}
	return model
}

// Hosts returns what starts a process for each request, by the cells' models.
func (p Plan) Hosts() map[string]string {
	hosts := map[string]string{}
	if p.Suite != nil { // contenders have hosts of their own, also if several have one name
		return hosts
	}
	for _, c := range p.Cells {
		if m, known := contract.ModelNamed(p.ExecutionModel(c.Model)); known && m.Host != "" {
			hosts[c.Model] = m.Host
		}
	}
	return hosts
}

// Stays reports whether a target of this model is resident: its process serves more than one request. Names that are
// not models are names of external servers, which are resident, or of contenders of a suite.
func (p Plan) Stays(model string) bool {
	if p.Suite != nil {
		return !slices.ContainsFunc(p.Suite.Contenders, func(c Contender) bool { return c.Name == model && c.Fresh })
	}
	m, known := contract.ModelNamed(p.ExecutionModel(model))
	return !known || m.Process != contract.PerRequest
}

// StartsAhead reports whether a process of this target serves a single request, but is started before it, as in a pool.
func (p Plan) StartsAhead(t TargetName) bool {
	if p.Suite != nil {
		return slices.ContainsFunc(p.Suite.Contenders, func(c Contender) bool {
			return c.Workload == t.Workload && c.Name == t.Model && c.Ahead
		})
	}
	m, known := contract.ModelNamed(p.ExecutionModel(t.Model))
	return known && m.StartsAhead()
}

// Twin returns the name of the contender that is the same program as this one with a process for each request, or "" if
// the suite does not tell.
func (p Plan) Twin(workload, name string) string {
	if p.Suite == nil {
		return ""
	}
	for _, c := range p.Suite.Contenders {
		if c.Workload == workload && c.Name == name {
			return c.Twin
		}
	}
	return ""
}

// LargestLoads returns, for each request of a target in the plan's order, the index of its cell with the most clients.
// If the request is measured only at rates, it is the index of the first cell. Cells of the cross-check are left out.
func (p Plan) LargestLoads(name TargetName) (cells []int) {
	at := map[string]int{}
	for i, c := range p.Cells {
		if (TargetName{c.Workload, c.Model}) != name || c.Engine == p.CrossCheck {
			continue
		}
		n, known := at[c.Request]
		if !known {
			at[c.Request] = len(cells)
			cells = append(cells, i)
			continue
		}
		largest := p.Cells[cells[n]].Load
		if c.Load.Kind == Closed && (largest.Kind != Closed || c.Load.Concurrency > largest.Concurrency) {
			cells[n] = i
		}
	}
	return cells
}
