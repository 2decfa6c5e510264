package explain

import (
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// processes are the other programs that it needs, each at the least that its start takes.
func (s *profile) processes() {
	own := s.own()
	var found []Finding
	times, copies := map[Finding]int{}, map[string]int{}
	for _, i := range s.images {
		copies[i.path] += i.forks
		if i == own {
			continue
		}
		f := s.other(i)
		if times[f]++; times[f] == 1 {
			found = append(found, f)
		}
	}
	for _, f := range found {
		took, ok := s.loads[f.Name].cost()
		n := times[f]
		if n > 1 {
			f.Detail = count(n, "time")
		}
		s.add(f.costingIf(time.Duration(n)*took, ok, ByLoading))
	}
	for _, path := range slices.Sorted(maps.Keys(copies)) {
		if n := copies[path]; n > 0 {
			s.add(Finding{Kind: KindFork, Name: path, Detail: count(n, "time")})
		}
	}
}

// other is a program that is not the one that answers.
func (s *profile) other(i *image) Finding {
	f := Finding{Kind: KindProcess, Name: i.path, Late: i.late, Advice: "do it in the program itself"}
	if s.language != nil && s.language.name == "shell" {
		f.Advice = "use a builtin of the shell"
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
			f.Advice = "name it by its path in line 1"
		}
	}
	return f
}
