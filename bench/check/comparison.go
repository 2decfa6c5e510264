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

// A comparison is of two programs that do the same, by requests that are sent to both.
type comparison struct {
	*Options
	sides    [2]side // base and candidate
	workload contract.Description
	asked    []subject.Asked   // what is sent to both
	env      map[string]string // of both, as the user says
	script   *subject.Program  // that hosts the sides; nil if they keep the program contract
	traps    traps.Examiner    // of the sides; of what they serve, if their responses were learnt
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
				return nil, subject.Unusable("%s does not keep the program contract, and the other side does: two CGI executables are "+
					"needed, or two builds of a workload program", s.title)
			}
		}
	case base.keeps.Name != candidate.keeps.Name:
		return nil, subject.Unusable("%s is the workload %q, and %s is %q: two builds of the same are needed", base.title,
			base.keeps.Name, candidate.title, candidate.keeps.Name)
	}
	for _, s := range c.sides {
		if !s.keeps.HasModel(subject.FloorModel) {
			return nil, subject.Unusable("%s has no model %q; it has %s", s.title, subject.FloorModel, strings.Join(s.keeps.Models, ", "))
		}
	}
	c.workload = base.keeps.Description
	return c, c.choose()
}

// host has the two executables hosted.
func (c *comparison) host(ctx context.Context, finder *subject.Finder) error {
	found, err := finder.Find(ctx, []string{subject.ScriptWorkload})
	if err != nil {
		return err
	}
	c.script, c.workload = &found[0], found[0].Description
	if c.env, err = c.Hosted(""); err != nil {
		return err
	}
	c.asked, err = c.Ask(nil, "")
	return err
}

// choose takes those of the workload's requests that are wished for, and others that the user describes.
func (c *comparison) choose() (err error) {
	for option, value := range map[string]string{"root": c.Root, "documents": c.Documents, "dir": c.Dir} {
		if value != "" {
			return subject.InvalidOption(option, "is for CGI executables, and the programs keep the program contract")
		}
	}
	if c.env, err = c.Variables(); err != nil {
		return err
	}
	c.asked, err = c.Ask(c.workload.Requests, "")
	return err
}

// learn records the expected responses that are not described, and verifies that both sides send them.
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
