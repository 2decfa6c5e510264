package bench

import "slices"

// A Variant is a model under conditions of its own. In a plan its name stands in the place of a model: cells that
// differ only in the variant form a pair.
type Variant struct {
	Name    string            `json:"name"`
	Model   string            `json:"model"`             // by which the program serves
	Build   []string          `json:"build,omitempty"`   // flags of go build, after those that it has anyhow
	Env     map[string]string `json:"env,omitempty"`     // of the program, and of its children if the workload names them
	Padding int               `json:"padding,omitempty"` // bytes by which the environment is larger, of the children, too
	Program string            `json:"program,omitempty"` // path of the program that serves in place of the workload's own
}

// Execution is the model by which a cell of this model is served: the variant's, if it is one.
func (p Plan) Execution(model string) string {
	if i := slices.IndexFunc(p.Variants, func(v Variant) bool { return v.Name == model }); i >= 0 {
		return p.Variants[i].Model
	}
	return model
}
