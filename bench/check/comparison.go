package check

import (
	"context"
	"fmt"
	"io"
	"strings"

	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A comparison is of two programs that do the same, by requests that are sent to both.
type comparison struct {
	*Options
	sides    [2]side // base and candidate
	workload contract.Description
	script   *subject.Program // that hosts the sides; nil if they keep the program contract
}

// compare finds the two sides.
func (o *Options) compare(ctx context.Context, finder *subject.Finder, stderr io.Writer) (*comparison, error) {
	c := &comparison{Options: o}
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
	c.workload.Requests = nil
	wanted := c.Requests
	if len(wanted) == 0 {
		wanted = []string{"/"}
	}
	for i, text := range wanted {
		method, path, found := strings.Cut(text, " ")
		switch {
		case !found && c.Body != "":
			method, path = "POST", text
		case !found:
			method, path = "GET", text
		}
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \t\r\n") || method == "" {
			return subject.InvalidOption("request", "%q: a path that begins with / is needed, or a method and a path, such as "+
				"'GET /?page=2'", text)
		}
		name := strings.ToLower(method)
		if i > 0 {
			name = fmt.Sprintf("%s-%d", name, i+1)
		}
		c.workload.Requests = append(c.workload.Requests, contract.Request{Name: name, Method: method, Path: path, Body: c.Body})
	}
	return nil
}

// choose takes those of the workload's requests that are wished for.
func (c *comparison) choose() error {
	if c.Body != "" {
		return subject.InvalidOption("body", "is for CGI executables; a workload program describes its requests")
	}
	if len(c.Requests) == 0 {
		return nil
	}
	var chosen []contract.Request
	for _, name := range c.Requests {
		r, err := subject.ChooseRequest(c.workload, name)
		if err != nil {
			return err
		}
		chosen = append(chosen, r)
	}
	c.workload.Requests = chosen
	return nil
}

// learn records the expected responses, and verifies that both sides send them.
func (c *comparison) learn(ctx context.Context, l *subject.Launcher) error {
	var sides []run.Side
	for i, name := range []string{baseName, candidateName} {
		if name != baseName || c.BaseResult == "" {
			sides = append(sides, run.Side{Model: name, Title: c.sides[i].title})
		}
	}
	return run.Learn(ctx, l, &c.workload, sides, c.AllowDifferent)
}
