package subject

import (
	"path/filepath"
	"slices"

	"forktax/workload/contract"
)

// A Served is a program, or a hosted CGI executable, with the names of the variants that it serves.
type Served struct {
	Program
	Variants []string
}

// Served returns the programs that the launcher starts, and the executables that they host.
func (l *Launcher) Served() []Served {
	all := ServedBy(l.Programs, l.Variants)
	if path := l.Env[contract.EnvScriptPath]; path != "" && len(l.Variants) == 0 {
		all = append(all, Served{Program: Program{Path: path, Description: contract.Description{Name: filepath.Base(path)}}})
	}
	return all
}

// ServedBy returns the programs that serve the variants, each once, and then the executables that they host. The floor
// serves no variant.
func ServedBy(programs []Program, variants []Variant) []Served {
	var all []Served
	serve := func(p Program, variant string) {
		i := slices.IndexFunc(all, func(s Served) bool { return s.Path == p.Path })
		if i < 0 {
			i, all = len(all), append(all, Served{Program: p})
		}
		all[i].Variants = append(all[i].Variants, variant)
	}
	for _, p := range programs {
		if len(variants) == 0 || p.Name == FloorWorkload {
			all = append(all, Served{Program: p})
			continue
		}
		for _, v := range variants {
			own := p
			if i := slices.IndexFunc(v.Programs, func(q Program) bool { return q.Name == p.Name }); i >= 0 {
				own = v.Programs[i]
			}
			serve(own, v.Name)
		}
	}
	for _, v := range variants {
		if path := v.Env[contract.EnvScriptPath]; path != "" {
			serve(Program{Path: path, Description: contract.Description{Name: filepath.Base(path)}}, v.Name)
		}
	}
	return all
}
