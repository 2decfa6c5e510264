package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"forktax/bench/machine"
	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// conditions are those under which programs are measured: the variants, or the models, each a variant of nothing but
// its own name.
func (o *options) conditions() []subject.Variant {
	if len(o.Variants) > 0 {
		return o.Variants
	}
	var models []subject.Variant
	for _, m := range o.Models {
		models = append(models, subject.Variant{Name: m, Model: m})
	}
	return models
}

// condition is an error of the condition with this index.
func (o *options) condition(i int, format string, args ...any) error {
	what := fmt.Sprintf(format, args...)
	if len(o.Variants) > 0 {
		return mistakenAt(variantsKey, i, "%q: %s", o.Variants[i].Name, what)
	}
	return mistakenAt("model", i, "%s", what)
}

// knows checks that the program has the models by which it is to serve, unless another serves in its place.
func (o *options) knows(p subject.Program) error {
	for i, c := range o.conditions() {
		switch {
		case c.Program == "" && !p.Knows(c.Model):
			return o.condition(i, "%q is unknown to %s; it has %s", c.Model, p.Name, strings.Join(p.Models, ", "))
		case c.Name != c.Model && p.Knows(c.Name):
			return o.condition(i, "the name is that of a model, which this is not")
		}
	}
	return nil
}

// variants finds the programs of the variants. If one of them is built with flags of its own, all are built from the
// same source: the usual program, found beside the command, may be of another day.
func (o *options) variants(ctx context.Context, f *subject.Finder, programs []subject.Program) ([]subject.Variant,
	error) {
	building := slices.IndexFunc(o.Variants, func(v subject.Variant) bool { return len(v.Build) > 0 })
	for _, name := range o.names() {
		if building != whole && strings.ContainsRune(name, filepath.Separator) {
			return nil, o.condition(building, "only workloads of this project can be built, and %s is the path of a program: "+
				"give the variants a program each", name)
		}
	}
	var variants []subject.Variant
	for i, v := range o.Variants {
		own := v
		var err error
		if v.Program != "" {
			own.Programs, err = replaced(ctx, f, v, programs)
		} else if building != whole {
			own.Programs, err = f.Build(ctx, o.names(), v.Build)
		}
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		if err != nil {
			return nil, o.condition(i, "%v", err)
		}
		variants = append(variants, own)
	}
	return variants, nil
}

// replaced finds the program that serves in place of the workload's own.
func replaced(ctx context.Context, f *subject.Finder, v subject.Variant, programs []subject.Program) ([]subject.Program,
	error) {
	path := v.Program
	if !strings.ContainsRune(path, filepath.Separator) { // which would be the name of a workload
		path = "." + string(filepath.Separator) + path
	}
	found, err := f.Find(ctx, []string{path})
	switch {
	case err != nil:
		return nil, err
	case len(programs) > 1 || found[0].Name != programs[0].Name:
		return nil, fmt.Errorf("%s is the workload %q, and can only be held against another of the name: give the run no "+
			"other workload", path, found[0].Name)
	case !found[0].Knows(v.Model):
		return nil, fmt.Errorf("%q is unknown to %s; it has %s", v.Model, path, strings.Join(found[0].Models, ", "))
	}
	return found, nil
}

// A server is a program with the variants that it serves, or a script that one hosts for them.
type server struct {
	subject.Program
	variants []string
}

// serving lists the programs of a run, each once, and then the scripts that they host. In one with variants the floor
// serves none of them.
func serving(programs []subject.Program, variants []subject.Variant) []server {
	var servers []server
	serve := func(p subject.Program, variant string) {
		i := slices.IndexFunc(servers, func(s server) bool { return s.Path == p.Path })
		if i < 0 {
			i, servers = len(servers), append(servers, server{Program: p})
		}
		servers[i].variants = append(servers[i].variants, variant)
	}
	for _, p := range programs {
		if len(variants) == 0 || p.Name == floorWorkload {
			servers = append(servers, server{Program: p})
			continue
		}
		for _, v := range variants {
			own := p
			if i := slices.IndexFunc(v.Programs, func(q subject.Program) bool { return q.Name == p.Name }); i >= 0 {
				own = v.Programs[i]
			}
			serve(own, v.Name)
		}
	}
	for _, v := range variants {
		if path := v.Env[scriptVariable]; path != "" {
			serve(subject.Program{Path: path, Description: contract.Description{Name: filepath.Base(path)}}, v.Name)
		}
	}
	return servers
}

// settle has the system hold what will be executed in the same way, before the first server is started: once it is, its
// file is mapped.
func settle(programs []subject.Program, variants []subject.Variant) error {
	for _, s := range serving(programs, variants) {
		if err := machine.Settle(s.Path); err != nil {
			return err
		}
	}
	return nil
}

// unchanged says whether the files are still those that were described when the run began.
func unchanged(programs []record.Program) error {
	for _, was := range programs {
		if is, err := machine.Program(was.Workload, was.Path); err != nil || is.SHA256 != was.SHA256 {
			return fmt.Errorf("%s was changed while it was measured: it is not known which of the two was", was.Path)
		}
	}
	return nil
}
