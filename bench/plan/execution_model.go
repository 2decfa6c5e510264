package plan

import (
	"forktax/bench/subject"
	"slices"
)

// ExecutionModel returns the model by which a cell of this model is served: the variant's, if it is one.
func (p Plan) ExecutionModel(model string) string {
	if i := slices.IndexFunc(p.Variants, func(v subject.Variant) bool { return v.Name == model }); i >= 0 {
		return p.Variants[i].Model
	}
	return model
}
