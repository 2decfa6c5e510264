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

// learn decides what is asked of the programs and of external servers, which it returns, and has what is not described
// be learnt from the one that the others are compared with.
func (p *preparation) learn(ctx context.Context, programs []subject.Program) (external []subject.External, err error) {
	if external, err = reach(ctx, p.Targets, p.TargetAdmins); err != nil {
		return nil, err
	}
	p.launcher.Programs, p.launcher.External = programs, external
	switch {
	case p.CGI != "":
		return p.learnAdhoc(ctx, &programs[0])
	case len(programs) == 0:
		return external, p.learnExternal(ctx)
	case !p.AsksNothing() || p.ExpectStatus != 0 || len(p.Masks) > 0 || len(p.Env) > 0:
		return external, p.learnWorkloads(ctx, programs)
	}
	return external, nil
}

// learnAdhoc has the program host what --cgi names, and learns its responses, or those of the server that it is
// compared with, which becomes one of the external servers.
func (p *preparation) learnAdhoc(ctx context.Context, script *subject.Program) ([]subject.External, error) {
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
	script.Requests, err = p.lesson(ctx, script.Name, asked, sides)
	return external, err
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

// learnExternal learns what servers respond that are measured by their URL alone. Its path is that of the request, or
// the beginning of it if requests are given.
func (p *preparation) learnExternal(ctx context.Context) error {
	asked, err := p.Ask(nil, "")
	if err != nil {
		return err
	}
	external := p.launcher.External
	for i := range external {
		if len(p.Requests)+len(p.Weighted) > 0 {
			u := *external[i].URL
			u.Path, u.RawQuery = strings.TrimRight(u.Path, "/"), ""
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
	p.Options.External, err = p.lesson(ctx, subject.ExternalWorkload, asked, sides)
	return err
}

// learnWorkloads changes the requests of workload programs as the user says. What their descriptions do not know is
// learnt of the model that the others are compared with.
func (p *preparation) learnWorkloads(ctx context.Context, programs []subject.Program) error {
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
		if programs[i].Requests, err = p.lesson(ctx, program.Name, asked, []run.Side{side}); err != nil {
			return err
		}
	}
	return nil
}

// lesson learns the responses of the sides to the requests.
func (p *preparation) lesson(ctx context.Context, workload string, asked []subject.Asked, sides []run.Side) (
	[]contract.Request, error) {
	p.began = time.Now()
	return run.Lesson{Workload: workload, Asked: asked, Sides: sides, AllowDifferent: p.AllowDifferent,
		IgnoreHeaders: p.IgnoreHeaders, Examine: p.examine}.Learn(ctx, p.launcher)
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
