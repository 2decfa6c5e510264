package subject

// A Variant is a model under conditions of its own. In a plan its name stands in the place of a model: cells that
// differ only in the variant form a pair.
type Variant struct {
	Name    string            `json:"name"`
	Model   string            `json:"model"`             // by which the program serves
	Build   []string          `json:"build,omitempty"`   // flags of go build, after those that it has anyhow
	Env     map[string]string `json:"env,omitempty"`     // of the program, and of its children if the workload names them
	Padding int               `json:"padding,omitempty"` // bytes more of environment, in variables of 100 bytes
	Program string            `json:"program,omitempty"` // path of the program that serves in place of the workload's own

	// Programs serve in place of the launcher's, where one of them has the workload's name.
	Programs []Program `json:"-"`
}

// variant is what a plan calls so: one of the variants, or a model by its own name.
func (l *Launcher) variant(name string) Variant {
	for _, v := range l.Variants {
		if v.Name == name {
			return v
		}
	}
	return Variant{Name: name, Model: name}
}
