package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// A contest is two programs that are to do the same, and what they are to be asked.
type contest struct {
	*checkOptions
	sides    [2]side // base and candidate
	workload contract.Description
	script   *subject.Program // that hosts the sides; nil if they keep the program contract
}

// A side is one of the two.
type side struct {
	title string
	path  string           // of the executable
	keeps *subject.Program // the same, if it keeps the program contract
	env   map[string]string
}

// scriptWorkload is the workload program that hosts any CGI executable. These variables tell it which, and how.
const (
	scriptWorkload        = "script"
	scriptVariable        = "SCRIPT_PATH"
	rootVariable          = "SCRIPT_ROOT"
	dirVariable           = "SCRIPT_DIR"
	documentsVariable     = "SCRIPT_DOCUMENTS"
	envVariable           = "SCRIPT_ENV"
	authorizationVariable = "SCRIPT_AUTHORIZATION"
)

// contest finds the two sides.
func (o *checkOptions) contest(ctx context.Context, finder *subject.Finder, stderr io.Writer) (*contest, error) {
	c := &contest{checkOptions: o}
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
				return nil, usagef("%s does not keep the program contract, and the other side does: two CGI executables are "+
					"needed, or two builds of a workload program", s.title)
			}
		}
	case base.keeps.Name != candidate.keeps.Name:
		return nil, usagef("%s is the workload %q, and %s is %q: two builds of the same are needed", base.title,
			base.keeps.Name, candidate.title, candidate.keeps.Name)
	}
	for _, s := range c.sides {
		if !s.keeps.Knows(floorModel) {
			return nil, usagef("%s has no model %q; it has %s", s.title, floorModel, strings.Join(s.keeps.Models, ", "))
		}
	}
	c.workload = base.keeps.Description
	return c, c.choose()
}

// host has the two executables hosted.
func (c *contest) host(ctx context.Context, finder *subject.Finder) error {
	found, err := finder.Find(ctx, []string{scriptWorkload})
	if err != nil {
		return err
	}
	c.script, c.workload = &found[0], found[0].Description
	c.workload.Requests = nil
	wanted := c.requests
	if len(wanted) == 0 {
		wanted = []string{"/"}
	}
	for i, text := range wanted {
		method, path, found := strings.Cut(text, " ")
		switch {
		case !found && c.body != "":
			method, path = "POST", text
		case !found:
			method, path = "GET", text
		}
		if !strings.HasPrefix(path, "/") || strings.ContainsAny(path, " \t\r\n") || method == "" {
			return usageError{mistaken("request", "%q: a path that begins with / is needed, or a method and a path, such as "+
				"'GET /?page=2'", text)}
		}
		name := strings.ToLower(method)
		if i > 0 {
			name = fmt.Sprintf("%s-%d", name, i+1)
		}
		c.workload.Requests = append(c.workload.Requests, contract.Request{Name: name, Method: method, Path: path, Body: c.body})
	}
	return nil
}

// choose takes those of the workload's requests that are wished for.
func (c *contest) choose() error {
	if c.body != "" {
		return usageError{mistaken("body", "is for CGI executables; a workload program describes its requests")}
	}
	if len(c.requests) == 0 {
		return nil
	}
	var chosen, names []contract.Request
	names = c.workload.Requests
	for _, name := range c.requests {
		i := slices.IndexFunc(names, func(r contract.Request) bool { return r.Name == name })
		if i < 0 {
			var known []string
			for _, r := range names {
				known = append(known, r.Name)
			}
			return usageError{mistaken("request", "%q is unknown to %s; it has %s", name, c.workload.Name,
				strings.Join(known, ", "))}
		}
		chosen = append(chosen, names[i])
	}
	c.workload.Requests = chosen
	return nil
}

// candidateIfStored stands in the place of a base that is not to be had.
func (o *checkOptions) candidateIfStored() string {
	if o.baseline == "" {
		return ""
	}
	return o.candidate
}

// A source is where a side comes from.
type source struct{ option, title, path string }

func (o *checkOptions) sources(ctx context.Context, stderr io.Writer) (sources [2]source, err error) {
	candidateRef := o.candidateRef
	if o.baseRef != "" && o.candidate == "" && candidateRef == "" {
		candidateRef = "HEAD"
	}
	for i, s := range []struct{ option, path, ref string }{
		{"base", cmp.Or(o.base, o.candidateIfStored()), o.baseRef},
		{"candidate", o.candidate, candidateRef},
	} {
		if s.ref == "" {
			sources[i] = source{s.option, s.path, s.path}
			continue
		}
		if sources[i], err = o.built(ctx, s.option, s.ref, stderr); err != nil {
			return sources, err
		}
	}
	return sources, nil
}

// find tells whether what is there keeps the program contract: it is asked, and if it does, it says so.
func (s source) find(ctx context.Context, finder *subject.Finder) (side, error) {
	path := s.path
	if !strings.ContainsRune(path, filepath.Separator) {
		names, err := finder.Names(ctx)
		if err == nil && slices.Contains(names, path) {
			found, err := finder.Find(ctx, []string{path})
			if err != nil {
				return side{}, err
			}
			return side{title: s.title, path: found[0].Path, keeps: &found[0]}, nil
		}
		if found, err := exec.LookPath(path); err == nil {
			path = found
		}
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return side{}, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return side{}, usageError{mistaken(s.option, "%q does not exist", s.path)}
	}
	if why := subject.NoProgram(path); why != "" {
		return side{}, usageError{mistaken(s.option, "%q %s", s.path, why)}
	}
	found := side{title: s.title, path: path}
	asking, done := context.WithTimeout(ctx, askLimit)
	defer done()
	if p, err := subject.Describe(asking, path); err == nil {
		found.keeps = &p
	}
	return found, context.Cause(ctx)
}

// learn asks both sides what right answers are, and proves that they agree.
func (c *contest) learn(ctx context.Context, l *subject.Launcher) (err error) {
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	own := *l
	own.Dir = dir
	var targets []*subject.Target
	for i, name := range []string{baseSide, candidateSide} {
		if name == baseSide && c.baseline != "" {
			continue
		}
		t, stop, err := own.Launch(ctx, name, c.workload.Name)
		if err != nil {
			return fmt.Errorf("starting a host for %s: %w", c.sides[i].title, err)
		}
		defer func() { err = errors.Join(err, stop()) }()
		targets = append(targets, t)
		wants, err := c.ask(ctx, t)
		if cause := context.Cause(ctx); cause != nil {
			return cause
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.sides[i].title, err)
		}
		for n := range wants {
			if i == 0 || c.baseline != "" {
				c.workload.Requests[n].Want = wants[n]
			}
		}
	}
	if c.different {
		return nil
	}
	return run.VerifyEquivalent(ctx, c.workload.Requests, targets)
}

// ask learns a side's answers to all requests. That it gives others each time may be allowed.
func (c *contest) ask(ctx context.Context, t *subject.Target) ([]contract.Want, error) {
	var wants []contract.Want
	for _, r := range c.workload.Requests {
		w, err := subject.RecordExpected(ctx, t, r)
		var varies *subject.Variance
		if errors.As(err, &varies) && !c.different {
			return nil, fmt.Errorf("%w\n(--allow-different-answers looks at the status only)", err)
		}
		if err != nil && varies == nil {
			return nil, err
		}
		if c.different { // the candidate's may be others
			w = contract.Want{Status: w.Status}
		}
		wants = append(wants, w)
	}
	return wants, nil
}
