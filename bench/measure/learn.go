package measure

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"forktax/bench/process"
	"forktax/bench/run"
	"forktax/bench/servers"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// ask decides what is asked of the programs and of external servers, which it returns, and what of their responses is
// to be learnt from the one that the others are compared with. Nothing is started yet.
func (p *preparation) ask(ctx context.Context, programs []subject.Program) (external []subject.External, err error) {
	if external, err = reach(ctx, p.Targets, p.TargetAdmins); err != nil {
		return nil, err
	}
	p.launcher.Programs, p.launcher.External = programs, external
	switch {
	case p.CGI != "":
		return p.askAdhoc(ctx, &programs[0])
	case len(programs) == 0:
		return external, p.askExternal()
	case !p.AsksNothing() || p.ExpectStatus != 0 || len(p.Masks) > 0 || len(p.Env) > 0:
		return external, p.askWorkloads(programs)
	}
	return external, nil
}

// askAdhoc has the program host what --cgi names. Its responses are to be learnt, or those of the server that it is
// compared with, which becomes one of the external servers.
func (p *preparation) askAdhoc(ctx context.Context, script *subject.Program) ([]subject.External, error) {
	server, path, err := p.Server()
	if err != nil {
		return nil, err
	}
	sides := []run.Side{{Model: subject.ScriptModel, Title: p.CGI}}
	external := p.launcher.External
	if server != nil {
		if err := p.reachable(ctx, server); err != nil {
			return nil, err
		}
		external = append(external, *server)
		sides = append([]run.Side{{Model: server.Name, Title: p.Persistent}}, sides...)
	}
	hosted, err := p.Hosted(p.CGI)
	if err != nil {
		return nil, err
	}
	maps.Copy(p.launcher.Env, hosted)
	asked, err := p.Ask(nil, path)
	if err != nil {
		return nil, err
	}
	p.launcher.External = external
	p.toLearn(script.Name, asked, sides, &script.Requests)
	return external, nil
}

// reachable prepares the command that starts a server, or connects to the server once.
func (p *preparation) reachable(ctx context.Context, server *subject.External) error {
	if server.Command == "" {
		return server.Reach(ctx)
	}
	variables, err := p.Variables()
	if err != nil {
		return err
	}
	server.Env = process.Settings(variables)
	server.Dir, err = subject.Directory("dir", p.Dir)
	return err
}

// askExternal decides what servers are asked that are measured by their URL alone. Its path is that of the request, or
// the beginning of it if requests are given.
func (p *preparation) askExternal() error {
	asked, err := p.Ask(nil, "")
	if err != nil {
		return err
	}
	external := p.launcher.External
	for i := range external {
		if len(p.Requests)+len(p.Weighted) > 0 {
			u := *external[i].URL
			u.Path = strings.TrimRight(u.Path, "/")
			external[i].URL = &u
		}
	}
	if len(p.Requests)+len(p.Weighted) == 0 {
		asked[0].Path = "" // it is in the URL
	}
	var sides []run.Side
	for _, f := range external {
		sides = append(sides, run.Side{Model: f.Name, Title: f.Name})
	}
	if i := slices.IndexFunc(sides, func(s run.Side) bool { return s.Model == p.Baseline }); i > 0 {
		sides[0], sides[i] = sides[i], sides[0]
	}
	p.toLearn(subject.ExternalWorkload, asked, sides, &p.Options.External)
	return nil
}

// askWorkloads changes the requests of workload programs as the user says. What their descriptions do not have is to be
// learnt of the model that the others are compared with.
func (p *preparation) askWorkloads(programs []subject.Program) error {
	variables, err := p.Variables()
	if err != nil {
		return err
	}
	maps.Copy(p.launcher.Env, variables)
	for i, program := range programs {
		asked, err := p.Ask(program.Requests, "")
		if err != nil {
			return err
		}
		if programs[i].Requests = subject.Requests(asked); !subject.Unlearnt(asked) {
			continue
		}
		model := cmp.Or(p.Baseline, p.Models[0])
		if len(p.Variants) > 0 || p.Data.Database != servers.Embedded {
			return subject.InvalidOption("request", "what a workload does not describe, a path, a header or a body, cannot be asked "+
				"for with variants or a database server")
		}
		side := run.Side{Model: model, Title: fmt.Sprintf("%s as %s", program.Name, model)}
		p.toLearn(program.Name, asked, []run.Side{side}, &programs[i].Requests)
	}
	return nil
}

// A lesson is what is to be learnt, and the requests that are then changed.
type lesson struct {
	run.Lesson
	requests *[]contract.Request
}

// toLearn plans to learn the responses of the sides to what is asked. Until then nothing is expected of them.
func (p *preparation) toLearn(workload string, asked []subject.Asked, sides []run.Side, requests *[]contract.Request) {
	*requests = subject.Requests(asked)
	p.lessons = append(p.lessons, lesson{run.Lesson{Workload: workload, Asked: asked, Sides: sides,
		AllowDifferent: p.AllowDifferent, IgnoreHeaders: p.IgnoreHeaders, Examine: p.examine}, requests})
}

// learn learns what was planned.
func (p *preparation) learn(ctx context.Context) (err error) {
	for _, l := range p.lessons {
		p.began = time.Now()
		if *l.requests, err = l.Learn(ctx, p.launcher); err != nil {
			return err
		}
	}
	return nil
}

// reach parses the external targets, and then connects to each once: a server that is not there is reported before
// anything is measured.
func reach(ctx context.Context, targets, admins []string) ([]subject.External, error) {
	var external []subject.External
	for i, text := range targets {
		f, err := subject.ParseExternal(text)
		if err != nil {
			return nil, subject.InvalidElement("target", i, "%v", err)
		}
		external = append(external, f)
	}
	if err := subject.ParseAdmins(admins, external); err != nil {
		return nil, err
	}
	for i := range external {
		if err := external[i].Reach(ctx); err != nil {
			return nil, err
		}
		if err := external[i].ReachAdmin(ctx); err != nil {
			return nil, err
		}
	}
	return external, nil
}
