package explain

import (
	"context"
	"forktax/bench/units"
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// processParts are the other programs that it needs, each at the least that its start takes.
func (s *profile) processParts(context.Context) error {
	own := s.mainImage()
	var found []Part
	times, copies := map[Part]int{}, map[string]int{}
	for _, i := range s.images {
		copies[i.path] += i.forks
		if i == own {
			continue
		}
		f := s.otherProgram(i)
		if times[f]++; times[f] == 1 {
			found = append(found, f)
		}
	}
	for _, f := range found {
		took, ok := s.loaders[f.Name].cost()
		n := times[f]
		if n > 1 {
			f.Detail = units.Plural(n, "time")
		}
		s.add(f.withCostIf(time.Duration(n)*took, ok, ByLoading))
	}
	for _, path := range slices.Sorted(maps.Keys(copies)) {
		if n := copies[path]; n > 0 {
			s.add(Part{Kind: KindFork, Name: path, Detail: units.Plural(n, "time")})
		}
	}
	return nil
}

// otherProgram is a program that is not the one that answers.
func (s *profile) otherProgram(i *image) Part {
	f := Part{Kind: KindProcess, Name: i.path, Late: i.late, Advice: adviseOwnProcess}
	if s.language != nil && s.language.name == "shell" {
		f.Advice = adviseBuiltin
	}
	if !i.root {
		return f
	}
	f.Kind = KindExec
	if !i.late {
		f.Advice = adviseDirect
	}
	if file, err := inspect(i.path); err == nil && len(file.shebang) > 0 {
		f.Detail = "by " + file.shebang[0]
		if filepath.Base(file.shebang[0]) == "env" && i == s.images[0] {
			f.Advice = adviseShebang
		}
	}
	return f
}
