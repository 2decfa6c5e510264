package plan

import (
	"slices"

	"forktax/workload/contract"
)

// Baseline is the model that the others are compared with, where it is among them: the one that keeps everything. Fresh
// is the model that keeps nothing.
var Baseline, Fresh = contract.Resident().Name, contract.Fresh().Name

// A Rung is a model, and what it renews for every request that the one before it keeps.
type Rung struct{ Model, Renews string }

// Rungs are the models of a ladder, from the one that keeps everything down to the one that keeps nothing. Other models
// are measured beside it.
var Rungs = rungs()

func rungs() []Rung {
	all := []Rung{{Baseline, ""}}
	lifetimes := [...]contract.Lifetime{contract.Kept, contract.Kept, contract.Kept}
	for i, resource := range slices.Backward([]string{"process", "state", "connection"}) {
		lifetimes[i] = contract.PerRequest
		if m, ok := contract.ModelKeeping(lifetimes[0], lifetimes[1], lifetimes[2]); ok {
			all = append(all, Rung{m.Name, resource})
		}
	}
	return all
}

// IsIntermediate reports whether a model is on the ladder and keeps neither everything nor nothing.
func IsIntermediate(model string) bool {
	return slices.ContainsFunc(Rungs[1:len(Rungs)-1], func(r Rung) bool { return r.Model == model })
}
