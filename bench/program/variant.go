package program

import "forktax/bench"

// A Variant is one of a plan's, with the programs that it is served by: in place of the launcher's, where it has one of
// the workload's name.
type Variant struct {
	bench.Variant
	Programs []Program
}

// variant is what a plan calls so: one of the variants, or a model by its own name.
func (l *Launcher) variant(name string) Variant {
	for _, v := range l.Variants {
		if v.Name == name {
			return v
		}
	}
	return Variant{Variant: bench.Variant{Name: name, Model: name}}
}
