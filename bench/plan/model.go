package plan

import (
	"slices"

	"forktax/workload/contract"
)

// Baseline is the model that reuses every resource. Others are compared with it by default. Fresh is the model that
// reuses nothing.
var Baseline, Fresh = contract.Resident().Name, contract.Fresh().Name

// A Level is a model, and the resource that it renews for every request while the preceding model reuses it.
type Level struct{ Model, Renews string }

// Levels lists the models by decreasing reuse: the first reuses everything, and the last reuses nothing. Other models
// are not in the list.
var Levels = levels()

func levels() []Level {
	all := []Level{{Baseline, ""}}
	lifetimes := [...]contract.Lifetime{contract.Kept, contract.Kept, contract.Kept}
	for i, resource := range slices.Backward([]string{"process", "state", "connection"}) {
		lifetimes[i] = contract.PerRequest
		if m, ok := contract.ModelKeeping(lifetimes[0], lifetimes[1], lifetimes[2]); ok {
			all = append(all, Level{m.Name, resource})
		}
	}
	return all
}

// IsIntermediate reports whether a model is in Levels and neither its first nor its last.
func IsIntermediate(model string) bool {
	return slices.ContainsFunc(Levels[1:len(Levels)-1], func(r Level) bool { return r.Model == model })
}
