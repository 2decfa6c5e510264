package explain

import (
	"context"
	"fmt"
	"slices"
	"time"

	"forktax/bench/units"
)

// interpreterParts adds the interpreter alone, and the imports of a Python script. The cost of the bare interpreter
// includes its own imports.
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
		s.note("the cost of its imports is not known: it wrote nothing for PYTHONPROFILEIMPORTTIME=1",
			"use Python 3.7 or later, without -E and -I")
	}
	for _, r := range roots(s.imports) {
		if slices.ContainsFunc(own, func(m Import) bool { return m.Name == r.Name }) {
			continue
		}
		f := Part{Kind: KindImport, Name: r.Name, Advice: adviseLazy}
		if r.below > 0 {
			f.Detail = fmt.Sprintf("with %d more, mostly %s", r.below, r.costliest)
		}
		if r.Name == "site" {
			f.Advice = adviseNoSite
		}
		s.add(f.withCost(time.Duration(r.Cumulative), ByImportTime))
	}
	return nil
}

// initParts adds the initialization of Go packages, before main.
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
			f := Part{Kind: KindInit, Name: p.name, Detail: units.Plural(int(p.allocs), "allocation"), Advice: adviseInitOf(p.name)}
			if p.name == debugPackage {
				f.Detail = "mostly from the measurement itself"
			}
			s.add(f.withCost(p.took, ByInitTrace))
		}
	}
	return nil
}

// linkerParts adds the dynamic linker's work before the program's first instruction.
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
		f.Detail = units.Plural(int(relocations), "relocation")
	}
	s.add(f.withCostIf(median(all), len(all) > 0, ByLinker))
	return nil
}

// dynamicAfter returns the number of dynamically linked programs that its process executes after the one that responds.
func (s *profile) dynamicAfter() int {
	n := 0
	for _, i := range s.images {
		if i.root && i.late && loadCommand(i.path) != nil {
			n++
		}
	}
	return n
}
