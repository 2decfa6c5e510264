package plan

import (
	"slices"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// mixes returns one selection for each workload: the mix of its requests.
func (o *Options) mixes(workloads []contract.Description) ([]subject.Selection, error) {
	for i, s := range o.Selections {
		if s.Request != "" {
			return nil, subject.InvalidElement("workload", i, "%s/%s: a mix has all requests of a workload: use %[1]s, or "+
				"leave out the key requests", s.Program, s.Request)
		}
	}
	var mixes []subject.Selection
	for _, w := range workloads {
		if slices.ContainsFunc(w.Requests, func(r contract.Request) bool { return r.Name == Mix }) {
			return nil, subject.InvalidOption("requests", "%s has a request named %s, which is the name of the mix: rename it, "+
				"or leave out the key requests", w.Name, Mix)
		}
		for _, r := range w.Requests {
			if r.Weight < 0 {
				return nil, subject.InvalidOption("requests", "%s has weight %d: must be at least 1, or 0 for the default of 1",
					subject.RequestName(w.Name, r.Name), r.Weight)
			}
		}
		mixes = append(mixes, subject.Selection{Program: w.Name, Request: Mix})
	}
	return mixes, nil
}
