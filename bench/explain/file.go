package explain

import (
	"maps"
	"path/filepath"
	"slices"
	"time"

	"forktax/bench/subject"
	"forktax/bench/units"
)

// fileParts adds the files that the program itself opens, maps or calls stat on, and those it looks for that do not
// exist.
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
		f := Part{Kind: KindMissing, Name: units.Plural(missed, "file") + " looked for and not found",
			Detail: "most in " + dirWithMost(in), Advice: adviseMissing(s.language)}
		s.add(f.withCost(inVain, ByReplay))
	}
	if own.threads > 0 {
		s.add(Part{Kind: KindThread, Name: units.Plural(own.threads, "more thread")})
	}
}

// connectionParts adds the connections of all processes of the program.
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
		f := Part{Kind: KindConnection, Name: c.network + " " + c.address, Late: c.late,
			Advice: "keep the process and connection"}
		if times[c] > 1 {
			f.Detail = units.Plural(times[c], "time")
		}
		took, ok := c.replay()
		s.add(f.withCostIf(time.Duration(times[c])*took, ok, ByReplay))
	}
}

// dirWithMost returns the directory with the highest count; of several, the first by name.
func dirWithMost(in map[string]int) string {
	best := ""
	for dir, n := range in {
		if n > in[best] || n == in[best] && dir < best {
			best = dir
		}
	}
	return best
}

// processParts adds the other programs that the program starts. The cost of each is a lower bound: loading without
// running it.
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
			f.Detail = units.Plural(n, "time")
		}
		s.add(f.withCostIf(time.Duration(n)*took, ok, ByLoading))
	}
	for _, path := range slices.Sorted(maps.Keys(copies)) {
		if n := copies[path]; n > 0 {
			s.add(Part{Kind: KindFork, Name: path, Detail: units.Plural(n, "time")})
		}
	}
	for _, path := range slices.Sorted(maps.Keys(probes)) {
		if n := probes[path]; n > 0 {
			s.add(Part{Kind: KindFork, Name: path, Detail: "a throw-away child of Go's os/exec"})
			s.note(path+" starts other programs with Go's os/exec, which first tests process descriptors in a throw-away "+
				"child: each start counts one more process", "do that work in the program itself")
		}
	}
}

// otherProgram returns the part for a program other than the one that responds.
func (s *profile) otherProgram(i *image) Part {
	f := Part{Kind: KindProcess, Name: i.path, Late: i.late, Advice: "do it in the program itself"}
	if s.language != nil && s.language.name == "shell" {
		f.Advice = "use a shell builtin"
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
			f.Advice = "use the interpreter's path in #!"
		}
	}
	return f
}
