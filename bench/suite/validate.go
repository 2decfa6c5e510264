package suite

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"forktax/bench/scenario"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// validate returns a usage error for the first contender that names what does not exist.
func (s Suite) validate() error {
	kinds := map[string]scenario.Contender{}
	for _, c := range s.Contenders {
		var err error
		if other, ok := kinds[c.Name]; ok && isFresh(other) != isFresh(c) {
			return subject.Unusable("%s: %q serves several requests by a process, and %s, which has the same name, does not, "+
				"or the reverse: use another name", c.At, c.Name, other.At)
		}
		kinds[c.Name] = c
		switch {
		case c.Command != "" && c.Server == "" && subject.IsAddress(c.Command):
			err = fmt.Errorf("command: %q is an address: write url: http://%[1]s", c.Command)
		case c.Server != "":
			var info servers.WebInfo
			if info, err = servers.WebInfoNamed(c.Server); err == nil && (c.Command != "") != info.Proxies() {
				err = fmt.Errorf("the server %s serves %s: use the key file", c.Server, info.Handles)
				if info.Proxies() {
					err = fmt.Errorf("the server %s needs the key command: what starts %s", c.Server, info.Handles)
				}
			}
			if err == nil && info.Configured() {
				err = passable(c.Env)
			}
			if err == nil {
				err = replaceable(info, c)
			}
		case c.URL != "":
			var server subject.External
			if server, err = subject.ParseExternal("url=" + c.URL); err == nil && server.IsTLS() {
				err = fmt.Errorf("%s: https is not measured in a suite: use http", c.URL)
			}
		case c.Model != "":
			m, known := contract.ModelNamed(c.Model)
			if !known {
				err = fmt.Errorf("%q is not a model: use one of %s", c.Model, strings.Join(contract.ModelNames(), ", "))
			} else if c.Module != "" && m.Host != contract.HostWasm {
				err = fmt.Errorf("%q is not a model of WebAssembly modules: use wasm or wasm-reuse", c.Model)
			} else if c.CGI != "" && m.Process != contract.PerRequest {
				err = fmt.Errorf("%q is not a model of CGI programs: use cgi, cgi-direct or zygote", c.Model)
			}
		}
		if err = cmp.Or(err, s.checkTwin(c)); err != nil {
			return subject.Unusable("%s: %w", c.At, err)
		}
	}
	// Without bodies, which may be in files that are not made yet.
	places := strings.NewReplacer("{dir}", "/dir", "{here}", "/dir", "{program}", "/dir", "{runtimes}", "/dir")
	for _, g := range s.Groups {
		if g.Workload != "" {
			continue
		}
		spec := s.specOf(g)
		for i := range spec.Requests {
			spec.Requests[i] = places.Replace(spec.Requests[i])
		}
		spec.BodyFile = ""
		for i := range spec.Weighted {
			w := &spec.Weighted[i]
			w.Request, w.Body, w.BodyFile = places.Replace(w.Request), "", ""
		}
		if _, err := spec.Ask(nil, ""); err != nil && len(spec.Weighted) == 0 {
			return err // the option request, which has its own place
		} else if err != nil {
			return wrongGroup(g, err)
		}
	}
	return nil
}

// checkTwin returns an error unless the twin of a contender starts a process for each request, and the contender does
// not.
func (s Suite) checkTwin(c scenario.Contender) error {
	for _, twin := range s.Contenders {
		if c.Twin != "" && twin.Group == c.Group && twin.Name == c.Twin && (!isFresh(twin) || isFresh(c)) {
			return fmt.Errorf("twin: %q must be a program with a process for each request, and %q one without", twin.Name,
				c.Name)
		}
	}
	return nil
}

// replaceable returns an error if the contender's server cannot replace its processes as the contender says.
func replaceable(info servers.WebInfo, c scenario.Contender) error {
	managers := info.Managers()
	switch {
	case c.Recycle > 0 && !info.Recycles():
		return fmt.Errorf("recycle: the server %s replaces no processes: remove it", c.Server)
	case c.Manager != "" && managers == nil:
		return fmt.Errorf("manager: the server %s has no such choice: remove it", c.Server)
	case c.Manager != "" && !slices.Contains(managers, c.Manager):
		return fmt.Errorf("manager: %q: must be one of %s", c.Manager, strings.Join(managers, ", "))
	}
	return nil
}

// passable returns an error if a variable cannot be in the configuration of a server: those of nginx have no escapes.
func passable(env map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if strings.ContainsAny(env[name], "$\"\\\n") {
			return fmt.Errorf("env: %s: a value with $, \", \\ or the end of a line cannot be in the configuration of the "+
				"server: set it in the command", name)
		}
	}
	return nil
}

// wrongGroup returns the error of a group's requests as a usage error with its place.
func wrongGroup(g scenario.Group, err error) error {
	if invalid := new(subject.OptionError); errors.As(err, &invalid) {
		return invalid.At(g.At)
	}
	return err
}

// find finds the programs of this project that the groups and modules need.
func (p *preparation) find(ctx context.Context, finder *subject.Finder) error {
	names, places := []string{subject.ScriptWorkload}, map[string]string{}
	need := func(name, at string) {
		if places[name] == "" {
			names, places[name] = append(names, name), at
		}
	}
	for _, g := range p.suite.Groups {
		if g.Workload != "" {
			need(subject.ParseSelection(g.Workload).Program, g.At)
		}
	}
	for _, c := range p.suite.Contenders {
		if c.Module != "" {
			need(subject.ModuleWorkload, c.At)
		}
	}
	found, err := finder.Find(ctx, names)
	if unknown := new(subject.UnknownError); errors.As(err, &unknown) {
		return subject.Unusable("%s: %w", places[unknown.Name], err)
	}
	if err != nil {
		return err
	}
	p.host = found[0]
	for i, name := range names {
		p.programs[name] = found[i]
	}
	for _, g := range p.suite.Groups {
		if s := subject.ParseSelection(g.Workload); g.Workload != "" && requestOf(p.programs[s.Program], s.Request) < 0 {
			return subject.Unusable("%s: the workload %s has no request %q", g.At, s.Program, s.Request)
		}
	}
	return nil
}

// requestOf returns the index of the program's request of that name, or of its first if the name is "".
func requestOf(of subject.Program, name string) int {
	return slices.IndexFunc(of.Requests, func(r contract.Request) bool { return name == "" || r.Name == name })
}
