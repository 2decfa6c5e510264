package plan

import (
	"slices"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// mixes lists a mix of each workload, which is the program of a selection, or what external servers serve.
func (o *Options) mixes(workloads []contract.Description) ([]subject.Selection, error) {
	for i, s := range o.Selections {
		if s.Request != "" {
			return nil, subject.InvalidElement("workload", i, "%s/%s: a mix is of all requests of a workload: name %[1]s "+
				"alone, or leave out the key requests", s.Program, s.Request)
		}
	}
	var mixes []subject.Selection
	for _, w := range workloads {
		if slices.ContainsFunc(w.Requests, func(r contract.Request) bool { return r.Name == Mix }) {
			return nil, subject.InvalidOption("requests", "%s has a request that is called %s, as its mix would be: rename it, or "+
				"leave out the key requests", w.Name, Mix)
		}
		for _, r := range w.Requests {
			if r.Weight < 0 {
				return nil, subject.InvalidOption("requests", "the weight of %s/%s is %d: a number from 1 is needed, or 0 for 1",
					w.Name, r.Name, r.Weight)
			}
		}
		mixes = append(mixes, subject.Selection{Program: w.Name, Request: Mix})
	}
	return mixes, nil
}
