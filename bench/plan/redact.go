package plan

import (
	"slices"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Redacted returns the plan as it is stored: without the values of secret headers, and with hashes instead of bodies.
func (p Plan) Redacted() Plan {
	p.Workloads = eachRequest(p.Workloads, subject.RedactRequest)
	return p
}

// ExpectStatusOnly restricts the comparison of responses to their status.
func (p *Plan) ExpectStatusOnly() {
	p.AllowDifferent = true
	p.Workloads = eachRequest(p.Workloads, func(r contract.Request) contract.Request {
		r.Want = contract.Want{Status: r.Want.Status}
		return r
	})
}

// eachRequest returns a copy of the workloads with their requests changed.
func eachRequest(workloads []contract.Description,
	change func(contract.Request) contract.Request) []contract.Description {
	workloads = slices.Clone(workloads)
	for i, w := range workloads {
		workloads[i].Requests = nil
		for _, r := range w.Requests {
			workloads[i].Requests = append(workloads[i].Requests, change(r))
		}
	}
	return workloads
}
