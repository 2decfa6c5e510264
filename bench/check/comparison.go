package check

import (
	"context"
	"io"
	"strings"

	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/bench/traps"
	"forktax/workload/contract"
)

// A comparison is the state of one check: two programs with the same responses, and the requests sent to both.
type comparison struct {
	*Options
	sides    [2]side // base and candidate
	workload contract.Description
	asked    []subject.Asked   // requests sent to both sides
	env      map[string]string // --env, for both sides
	script   *subject.Program  // hosts the sides if they are CGI executables; nil if they implement the program contract
	traps    traps.Examiner    // examines the sides and, if their responses were recorded, the responses
}

// compare finds the two sides.
func (o *Options) compare(ctx context.Context, finder *subject.Finder, stderr io.Writer) (*comparison, error) {
	c := &comparison{Options: o, traps: traps.Examiner{Log: stderr}}
	sources, err := o.sources(ctx, stderr)
	if err != nil {
		return nil, err
	}
	for i, s := range sources {
		if c.sides[i], err = s.find(ctx, finder); err != nil {
			return nil, err
		}
	}
	base, candidate := c.sides[0], c.sides[1]
	switch {
	case base.keeps == nil && candidate.keeps == nil:
		return c, c.host(ctx, finder)
	case base.keeps == nil || candidate.keeps == nil:
		for _, s := range c.sides {
			if s.keeps == nil {
				return nil, subject.Unusable("%s does not implement the program contract, but the other side does: give two CGI "+
					"executables, or two builds of a workload program", s.title)
			}
		}
	case base.keeps.Name != candidate.keeps.Name:
		return nil, subject.Unusable("%s is workload %q, but %s is %q: give two builds of the same workload", base.title,
			base.keeps.Name, candidate.title, candidate.keeps.Name)
	}
	for _, s := range c.sides {
		if !s.keeps.HasModel(subject.ScriptModel) {
			return nil, subject.Unusable("%s does not support model %q; it supports %s", s.title, subject.ScriptModel,
				strings.Join(s.keeps.Models, ", "))
		}
	}
	c.workload = base.keeps.Description
	return c, c.choose()
}

// host prepares the host program for two CGI executables.
func (c *comparison) host(ctx context.Context, finder *subject.Finder) error {
	found, err := finder.Find(ctx, []string{subject.ScriptWorkload})
	if err != nil {
		return err
	}
	hosting := found[0].Hosting(c.sides[1].path)
	c.script, c.workload = &hosting, hosting.Description
	if c.env, err = c.Hosted(""); err != nil {
		return err
	}
	c.asked, err = c.Ask(nil, "")
	return err
}

// choose selects the requests of the workload that the user named, and adds the requests that the user describes.
func (c *comparison) choose() (err error) {
	for option, value := range map[string]string{"root": c.Root, "documents": c.Documents, "dir": c.Dir} {
		if value != "" {
			return subject.InvalidOption(option, "applies to CGI executables only; these programs implement the program "+
				"contract")
		}
	}
	if c.env, err = c.Variables(); err != nil {
		return err
	}
	c.asked, err = c.Ask(c.workload.Requests, "")
	return err
}

// learn records the expected responses that the user did not describe, and verifies that both sides send them.
func (c *comparison) learn(ctx context.Context, l *subject.Launcher) (err error) {
	if c.workload.Requests = subject.Requests(c.asked); !subject.Unlearnt(c.asked) {
		return nil
	}
	var sides []run.Side
	for i, name := range []string{baseName, candidateName} {
		if name != baseName || c.BaseResult == "" {
			sides = append(sides, run.Side{Model: name, Title: c.sides[i].title})
		}
	}
	c.workload.Requests, err = run.Lesson{Workload: c.workload.Name, Asked: c.asked, Sides: sides,
		AllowDifferent: c.AllowDifferent, IgnoreHeaders: c.IgnoreHeaders, Examine: c.examine}.Learn(ctx, l)
	return err
}
