package explain

import (
	"context"
	"forktax/bench/units"
	"path/filepath"
	"time"
)

// fileParts are those that the program itself opens, maps, asks about, and looks for in vain.
func (s *profile) fileParts(context.Context) error {
	own := s.mainImage()
	if own == nil {
		return nil
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
		f := Part{Kind: KindFile, Name: u.path, Late: u.late, Advice: adviseFile(u.path, s.language)}
		switch {
		case u.mapped:
			f.Kind, f.Advice = KindLibrary, adviseStaticOf(s.language)
			if s.language != nil && s.language.name == python && filepath.Ext(u.path) == ".so" {
				f.Advice = adviseLazy
			}
		case s.file.isGo && f.Advice == "":
			f.Advice = adviseGo(u.path)
		}
		s.add(f.withCostIf(took, ok, ByReplay))
	}
	if missed > 0 {
		f := Part{Kind: KindMissing, Name: units.Plural(missed, "file") + " looked for in vain",
			Detail: "most in " + dirWithMost(in), Advice: adviseMissing(s.language)}
		s.add(f.withCost(inVain, ByReplay))
	}
	if own.threads > 0 {
		s.add(Part{Kind: KindThread, Name: units.Plural(own.threads, "more thread")})
	}
	return nil
}

// connectionParts are those of all its processes.
func (s *profile) connectionParts(context.Context) error {
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
		f := Part{Kind: KindConnection, Name: c.network + " " + c.address, Late: c.late, Advice: adviseKeepAlive}
		if times[c] > 1 {
			f.Detail = units.Plural(times[c], "time")
		}
		took, ok := c.replay()
		s.add(f.withCostIf(time.Duration(times[c])*took, ok, ByReplay))
	}
	return nil
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
