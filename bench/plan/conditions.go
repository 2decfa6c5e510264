package plan

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// conditions returns the variants under which programs are measured. Without variants, each model becomes a variant of
// its own name.
func (o *Options) conditions() []subject.Variant {
	if len(o.Variants) > 0 {
		return o.Variants
	}
	var models []subject.Variant
	for _, m := range o.Models {
		models = append(models, subject.Variant{Name: m, Model: m})
	}
	return models
}

// conditionError returns an error of the condition with index i.
func (o *Options) conditionError(i int, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if len(o.Variants) > 0 {
		return subject.InvalidElement("variants", i, "%q: %s", o.Variants[i].Name, what)
	}
	return subject.InvalidElement("model", i, "%s", what)
}

// checkModels returns an error if the program lacks a model of the conditions, unless a variant replaces the program.
func (o *Options) checkModels(p subject.Program) error {
	for i, c := range o.conditions() {
		switch {
		case c.Program == "" && !p.HasModel(c.Model):
			families := ""
			if strings.Contains(c.Model, ":") {
				families = ", where N is a whole number from 1"
			}
			return o.conditionError(i, "%q is not a model of %s: use one of %s%s", c.Model, p.Name,
				strings.Join(p.Models, ", "), families)
		case c.Name != c.Model && p.HasModel(c.Name):
			return o.conditionError(i, "the name is that of a model: choose another name")
		}
	}
	return nil
}

// FindVariants finds the programs of the variants. If one variant has build flags, all are built from the same source:
// the program installed next to the command may be of another version.
func (o *Options) FindVariants(ctx context.Context, f *subject.Finder, programs []subject.Program) ([]subject.Variant,
	error) {
	building := slices.IndexFunc(o.Variants, func(v subject.Variant) bool { return len(v.Build) > 0 })
	for _, name := range subject.ProgramsOf(o.Selections) {
		if building >= 0 && strings.ContainsRune(name, filepath.Separator) {
			return nil, o.conditionError(building, "only workloads of this project can be built, and %s is the path of a "+
				"program: set program for each variant", name)
		}
	}
	var variants []subject.Variant
	for i, v := range o.Variants {
		own := v
		var err error
		if v.Program != "" {
			own.Programs, err = findReplacement(ctx, f, v, programs)
		} else if building >= 0 {
			own.Programs, err = f.Build(ctx, subject.ProgramsOf(o.Selections), v.Build)
		}
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		if err != nil {
			return nil, o.conditionError(i, "%v", err)
		}
		variants = append(variants, own)
	}
	return variants, nil
}

// findReplacement finds the program that a variant uses instead of the workload's own.
func findReplacement(ctx context.Context, f *subject.Finder, v subject.Variant,
	programs []subject.Program) ([]subject.Program, error) {
	path := v.Program
	if !strings.ContainsRune(path, filepath.Separator) { // else it would be the name of a workload
		path = "." + string(filepath.Separator) + path
	}
	found, err := f.Find(ctx, []string{path})
	switch {
	case err != nil:
		return nil, err
	case len(programs) > 1 || found[0].Name != programs[0].Name:
		return nil, fmt.Errorf("%s is the workload %q and can only be compared with a program of that workload: measure no "+
			"other workload", path, found[0].Name)
	case !found[0].HasModel(v.Model):
		return nil, fmt.Errorf("%q is not a model of %s: use one of %s", v.Model, path, strings.Join(found[0].Models, ", "))
	}
	return found, nil
}

// floorModels returns the models of the run that the floor has.
func (o *Options) floorModels() []string {
	var models []string
	for _, c := range o.conditions() {
		m, known := contract.ModelNamed(c.Model)
		if known && m.Process == contract.PerRequest && m.State == contract.PerRequest && !slices.Contains(models, m.Name) {
			models = append(models, m.Name)
		}
	}
	return models
}

// FindFloor finds the floor for a run of these programs, if the options ask for it. If it cannot be found,
// Floor.Missing has the reason; the error is only that of ctx.
func (o *Options) FindFloor(ctx context.Context, f *subject.Finder, programs []subject.Program) (subject.Floor, error) {
	if !o.Floor || o.FindKnee || len(programs) == 0 ||
		len(o.floorModels()) == 0 ||
		slices.ContainsFunc(programs, func(p subject.Program) bool { return p.Name == subject.FloorWorkload }) {
		return subject.Floor{}, nil
	}
	p, err := subject.FindFloor(ctx, f)
	if err != nil {
		return subject.Floor{Missing: err.Error()}, context.Cause(ctx)
	}
	return subject.Floor{Program: p}, nil
}

// IndexOf returns the index of the first selection of the program, or -1.
func (o *Options) IndexOf(program string) int {
	return slices.IndexFunc(o.Selections, func(s subject.Selection) bool { return s.Program == program })
}
