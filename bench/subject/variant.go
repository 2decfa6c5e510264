package subject

// A Variant is a model under conditions of its own. A plan uses its name like that of a model: cells that differ only
// in the variant form a pair.
type Variant struct {
	Name    string            `json:"name"`
	Model   string            `json:"model"`             // execution model of the program
	Build   []string          `json:"build,omitempty"`   // flags of go build, after BuildFlags
	Env     map[string]string `json:"env,omitempty"`     // of the program, and of its children if the workload passes it
	Padding int               `json:"padding,omitempty"` // added bytes of environment, in variables of 100 bytes
	Program string            `json:"program,omitempty"` // path of the program that replaces the workload's own
	Limits  map[string]string `json:"limits,omitempty"`  // limits of the model's processes, which replace the run's

	// Programs replace the launcher's for the workloads that they name.
	Programs []Program `json:"-"`
}

// variant returns the variant of that name, or the model of that name without further conditions.
func (l *Launcher) variant(name string) Variant {
	for _, v := range l.Variants {
		if v.Name == name {
			return v
		}
	}
	return Variant{Name: name, Model: name}
}
