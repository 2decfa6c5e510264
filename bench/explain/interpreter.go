package explain

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// interpreterParts are the interpreter by itself, and what a Python script imports. What the bare interpreter imports
// is in its own cost.
func (s *profile) interpreterParts(ctx context.Context) error {
	if s.bare == nil {
		return nil
	}
	took, ok := s.bare.cost()
	alone := Part{Kind: KindInterpreter, Name: s.executed, Detail: "alone", Advice: "keep the process"}
	s.add(alone.withCostIf(took, ok, ByStarts))
	if s.language.name != python {
		return nil
	}
	base, err := s.command.running(append([]string{s.executed, "-X", "importtime"}, s.language.bare...)).Run(ctx)
	if err != nil {
		return err
	}
	own := parseImports(base.Log)
	if s.imports, err = s.command.imports(ctx, s.partStarts); err != nil {
		return err
	}
	if len(s.imports) == 0 {
		s.note("what its imports cost is not known, because it writes nothing for PYTHONPROFILEIMPORTTIME=1",
			"leave out python3 -E and -I, and take Python 3.7 or later")
	}
	for _, r := range roots(s.imports) {
		if slices.ContainsFunc(own, func(m Import) bool { return m.Name == r.Name }) {
			continue
		}
		f := Part{Kind: KindImport, Name: r.Name, Advice: adviseLazy}
		if r.below > 0 {
			f.Detail = fmt.Sprintf("with %d more, above all %s", r.below, r.costliest)
		}
		if r.Name == "site" {
			f.Advice = adviseNoSite
		}
		s.add(f.withCost(time.Duration(r.Cumulative), ByImportTime))
	}
	return nil
}

// initParts are what Go packages do before main.
func (s *profile) initParts(ctx context.Context) error {
	if !s.file.IsGo {
		return nil
	}
	packages, err := s.command.inits(ctx, s.partStarts)
	if err != nil {
		return err
	}
	for _, p := range packages {
		if p.took > 0 {
			f := Part{Kind: KindInit, Name: p.name, Detail: plural(int(p.allocs), "allocation"), Advice: adviseInitOf(p.name)}
			if p.name == debugPackage {
				f.Detail = "of the measurement itself, mostly"
			}
			s.add(f.withCost(p.took, ByInitTrace))
		}
	}
	return nil
}

// linkerParts are what the dynamic linker does before the program's first instruction.
func (s *profile) linkerParts(ctx context.Context) error {
	if s.file.Loader == "" {
		return nil
	}
	f := Part{Kind: KindLinker, Name: s.file.Loader, Advice: adviseStaticOf(s.language)}
	rate := ticksPerSecond()
	var all []time.Duration
	var relocations int64
	err := repeat(ctx, s.partStarts, repeatFor, func() error {
		found, err := s.command.linkerStats(ctx)
		if n := len(found) - 1 - s.dynamicAfter(); n >= 0 && rate > 0 {
			all = append(all, time.Duration(float64(found[n].ticks)/rate*float64(time.Second)))
			relocations = found[n].relocations
		}
		return err
	})
	if err != nil {
		return err
	}
	if len(all) > 0 {
		f.Detail = plural(int(relocations), "relocation")
	}
	s.add(f.withCostIf(median(all), len(all) > 0, ByLinker))
	return nil
}

// dynamicAfter is how many programs with a dynamic linker its process executes after the one that answers.
func (s *profile) dynamicAfter() int {
	n := 0
	for _, i := range s.images {
		if i.root && i.late && loadCommand(i.path) != nil {
			n++
		}
	}
	return n
}
