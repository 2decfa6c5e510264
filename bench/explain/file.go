package explain

import (
	"maps"
	"path/filepath"
	"slices"
	"time"

	"forktax/bench/subject"
)

// fileParts are those that the program itself opens, maps, asks about, and looks for in vain.
func (s *profile) fileParts() {
	own := s.mainImage()
	if own == nil {
		return
	}
	missed, in := 0, map[string]int{}
	var inVain time.Duration
	for _, u := range own.uses {
		took, ok := u.replay()
		if u.opened+u.stats == 0 {
			missed += u.missed
			in[filepath.Dir(u.path)] += u.missed
			inVain += took
			continue
		}
		f := Part{Kind: KindFile, Name: u.path, Late: u.late, Advice: adviseFile(u.path, s.language, s.file.IsGo)}
		if u.mapped {
			f.Kind, f.Advice = KindLibrary, adviseStaticOf(s.language)
		}
		if u.mapped && isPython(s) && filepath.Ext(u.path) == ".so" {
			f.Advice = adviseLazy
		}
		s.add(f.withCostIf(took, ok, ByReplay))
	}
	if missed > 0 {
		f := Part{Kind: KindMissing, Name: plural(missed, "file") + " looked for in vain", Detail: "most in " + dirWithMost(in),
			Advice: adviseMissing(s.language)}
		s.add(f.withCost(inVain, ByReplay))
	}
	if own.threads > 0 {
		s.add(Part{Kind: KindThread, Name: plural(own.threads, "more thread")})
	}
}

// connectionParts are those of all its processes.
func (s *profile) connectionParts() {
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
		f := Part{Kind: KindConnection, Name: c.network + " " + c.address, Late: c.late, Advice: "keep the process, and connected"}
		if times[c] > 1 {
			f.Detail = plural(times[c], "time")
		}
		took, ok := c.replay()
		s.add(f.withCostIf(time.Duration(times[c])*took, ok, ByReplay))
	}
}

// dirWithMost is the folder with the highest count, the first by name of several.
func dirWithMost(in map[string]int) string {
	best := ""
	for dir, n := range in {
		if n > in[best] || n == in[best] && dir < best {
			best = dir
		}
	}
	return best
}

// processParts are the other programs that it needs, each at the least that its start takes.
func (s *profile) processParts() {
	own := s.mainImage()
	var found []Part
	times, copies, probes := map[Part]int{}, map[string]int{}, map[string]int{}
	for _, i := range s.images {
		if s.isShim(i) {
			continue
		}
		copies[i.path] += i.forks - i.probes
		probes[i.path] += i.probes
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
			f.Detail = plural(n, "time")
		}
		s.add(f.withCostIf(time.Duration(n)*took, ok, ByLoading))
	}
	for _, path := range slices.Sorted(maps.Keys(copies)) {
		if n := copies[path]; n > 0 {
			s.add(Part{Kind: KindFork, Name: path, Detail: plural(n, "time")})
		}
	}
	for _, path := range slices.Sorted(maps.Keys(probes)) {
		if n := probes[path]; n > 0 {
			s.add(Part{Kind: KindFork, Name: path, Detail: "a throw-away child of Go's os/exec"})
			s.note(path+" starts other programs by Go's os/exec, which tries process descriptors in a throw-away child before "+
				"the first: one process more is counted for a start", "do it in the program itself")
		}
	}
}

// otherProgram is a program that is not the one that answers.
func (s *profile) otherProgram(i *image) Part {
	f := Part{Kind: KindProcess, Name: i.path, Late: i.late, Advice: "do it in the program itself"}
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
	if file, err := subject.Inspect(i.path); err == nil && len(file.Shebang) > 0 {
		f.Detail = "by " + file.Shebang[0]
		if filepath.Base(file.Shebang[0]) == "env" && i == s.images[0] {
			f.Advice = "name it by its path in line 1"
		}
	}
	return f
}
