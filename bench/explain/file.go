package explain

import (
	"path/filepath"
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
		f := Finding{Kind: KindFile, Name: u.path, Late: u.late, Advice: adviseFile(u.path, s.language)}
		switch {
		case u.mapped:
			f.Kind, f.Advice = KindLibrary, adviseStaticOf(s.language)
			if s.language != nil && s.language.name == python && filepath.Ext(u.path) == ".so" {
				f.Advice = adviseLazy
			}
		case s.file.goes && f.Advice == "":
			f.Advice = adviseGo(u.path)
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
