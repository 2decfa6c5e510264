package explain

import (
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// files are those that the program itself opens, maps, asks about, and looks for in vain.
func (s *profile) files() {
	own := s.own()
	if own == nil {
		return
	}
	missed, in := 0, map[string]int{}
	var inVain time.Duration
	for _, u := range own.uses {
		took, ok := u.replay()
		if u.opened+u.looked == 0 {
			missed += u.missed
			in[filepath.Dir(u.path)] += u.missed
			inVain += took
			continue
		}
		f := Finding{Kind: KindFile, Name: u.path, Late: u.late, Advice: adviseFile(u.path, s.language, s.file.goes)}
		if u.mapped {
			f.Kind, f.Advice = KindLibrary, adviseStaticOf(s.language)
		}
		if u.mapped && isPython(s) && filepath.Ext(u.path) == ".so" {
			f.Advice = adviseLazy
		}
		s.add(f.costingIf(took, ok, ByReplay))
	}
	if missed > 0 {
		f := Finding{Kind: KindMissing, Name: count(missed, "file") + " looked for in vain", Detail: "most in " + most(in),
			Advice: adviseMissing(s.language)}
		s.add(f.costing(inVain, ByReplay))
	}
	if own.threads > 0 {
		s.add(Finding{Kind: KindThread, Name: count(own.threads, "more thread")})
	}
}

// connections are those of all its processes.
func (s *profile) connections() {
	times := map[connection]int{}
	var found []connection
	for _, i := range s.images {
		for _, c := range i.connections {
			if times[c]++; times[c] == 1 {
				found = append(found, c)
			}
		}
	}
	for _, c := range found {
		f := Finding{Kind: KindConnection, Name: c.network + " " + c.address, Late: c.late, Advice: "keep the process, and connected"}
		if times[c] > 1 {
			f.Detail = count(times[c], "time")
		}
		took, ok := c.replay()
		s.add(f.costingIf(time.Duration(times[c])*took, ok, ByReplay))
	}
}

// most is the folder with the highest count, the first by name of several.
func most(in map[string]int) string {
	best := ""
	for dir, n := range in {
		if n > in[best] || n == in[best] && dir < best {
			best = dir
		}
	}
	return best
}

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
