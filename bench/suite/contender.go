package suite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/scenario"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// addContender prepares a contender, and adds it.
func (p *preparation) addContender(ctx context.Context, c scenario.Contender, g *group) error {
	if err := p.setUp(ctx, g, c.Setup, p.title(c.Group, c.Name)); err != nil {
		return err
	}
	title, external := c.Title, subject.External{Name: c.Name, Workload: c.Group}
	switch {
	case c.CGI != "":
		if err := p.setCGI(&external, c, g); err != nil {
			return err
		}
	case c.Module != "":
		if err := p.setModule(&external, c, g); err != nil {
			return err
		}
	case c.Model != "":
		return p.addModel(c, g)
	case c.Server != "":
		info, err := servers.WebInfoNamed(c.Server)
		if err = errors.Join(err, info.Missing); err != nil {
			return err
		}
		if title == "" {
			title = info.About
		}
		if p.Versions[c.Server] == "" {
			p.Versions[c.Server] = versionOf(ctx, info)
		}
		if external.Start, err = p.startWeb(c, g); err != nil {
			return err
		}
	case c.Command != "":
		external.Command, external.Dir, external.Path = p.expandCommand(g, c.Command), p.here, strings.TrimRight(c.Root, "/")
		external.Env = process.Settings(p.variables(c, g))
	default:
		u, err := url.Parse(c.URL)
		if err != nil {
			return err
		}
		external.URL = u
		if err := external.Reach(ctx); err != nil {
			return err
		}
	}
	p.External = append(p.External, external)
	p.add(c, title)
	return nil
}

// lacking says why a program does not have a model.
func lacking(program, model string) string {
	switch m, _ := contract.ModelNamed(model); m.Host {
	case contract.HostZygote:
		return fmt.Sprintf("%s: %s cannot be forked after its start: in the copy of a program in Go, only the thread that "+
			"forks exists", model, program)
	case contract.HostWasm:
		return fmt.Sprintf("%s: %s is not compiled to a WebAssembly module", model, program)
	}
	return fmt.Sprintf("%s: %s does not have this model", model, program)
}

// addModel adds a model of the group's workload.
func (p *preparation) addModel(c scenario.Contender, g *group) error {
	of := g.program
	if !of.HasModel(c.Model) {
		p.Lacking = append(p.Lacking, c.At+": "+lacking(of.Name, c.Model))
		return nil
	}
	if of.Database == subject.Postgres {
		if err := servers.PostgresInstalled(); err != nil {
			return err
		}
	}
	v := subject.Variant{Model: c.Model, Limits: c.Limits}
	p.External = append(p.External, subject.External{Name: c.Name, Workload: c.Group,
		Start: func(ctx context.Context, l *subject.Launcher) (*subject.Target, func() error, error) {
			return l.Serve(ctx, of, v)
		}})
	if !slices.ContainsFunc(p.Programs, func(o subject.Program) bool { return o.Name == g.Name }) {
		named := of
		named.Name = g.Name
		p.Programs = append(p.Programs, named)
	}
	title := c.Title
	if title == "" {
		m, _ := contract.ModelNamed(c.Model)
		title = m.About
	}
	p.add(c, title)
	return nil
}

func (p *preparation) add(c scenario.Contender, title string) {
	m, known := contract.ModelNamed(c.ForktaxModel())
	p.Contenders = append(p.Contenders, plan.Contender{Workload: c.Group, Name: c.Name, Title: title, Fresh: isFresh(c),
		Ahead: known && m.StartsAhead(), Host: m.Host, Twin: c.Twin, At: c.At, Limits: c.Limits})
}

// isFresh reports whether each request gets a new process.
func isFresh(c scenario.Contender) bool {
	if c.Server != "" {
		info, _ := servers.WebInfoNamed(c.Server)
		return info.Fresh()
	}
	m, known := contract.ModelNamed(c.ForktaxModel())
	return known && m.Process == contract.PerRequest
}

// variables returns the variables of the contender's program.
func (p *preparation) variables(c scenario.Contender, g *group) map[string]string {
	all := map[string]string{}
	for name, value := range c.Env {
		all[name] = p.expand(g, value)
	}
	return all
}
