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

// planRequests sets the requests to the programs and to the external servers, which it returns. It also plans for which
// requests the expected response is to be learned. It starts nothing.
func (p *preparation) planRequests(ctx context.Context,
	programs []subject.Program) (external []subject.External, err error) {
	if external, err = reach(ctx, p.Targets, p.TargetAdmins, p.StartAt); err != nil {
		return nil, err
	}
	p.launcher.Programs, p.launcher.External = programs, external
	switch {
	case p.CGI != "":
		return p.adhocRequests(ctx, &programs[0])
	case len(programs) == 0:
		return external, p.externalRequests()
	case !p.AsksNothing() || p.ExpectStatus != 0 || len(p.Masks) > 0 || len(p.Env) > 0:
		return external, p.workloadRequests(programs)
	}
	return external, nil
}

// adhocRequests makes the program host the script of --cgi. The expected responses are learned from the server of
// --persistent, which is added to the external servers, or else from the script.
func (p *preparation) adhocRequests(ctx context.Context, script *subject.Program) ([]subject.External, error) {
	server, path, err := p.Server()
	if err != nil {
		return nil, err
	}
	sides := []run.Side{{Model: p.Models[0], Title: p.CGI}}
	external := p.launcher.External
	if server != nil {
		if err := p.prepareServer(ctx, server); err != nil {
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

// prepareServer prepares the command that starts a server, or connects once to a running server.
func (p *preparation) prepareServer(ctx context.Context, server *subject.External) error {
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

// externalRequests sets the requests to servers that are measured by URL only. The path of the URL is the path of the
// request or, if requests are given, the prefix of their paths.
func (p *preparation) externalRequests() error {
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
		asked[0].Path = "" // the URL contains it
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

// workloadRequests applies the user's request options to the requests of workload programs. Responses that a
// description does not have are learned from the baseline.
func (p *preparation) workloadRequests(programs []subject.Program) error {
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
			return subject.InvalidOption("request", "a path, header or body that the workload does not describe cannot be "+
				"combined with variants or a database server")
		}
		side := run.Side{Model: model, Title: fmt.Sprintf("%s as %s", program.Name, model)}
		p.toLearn(program.Name, asked, []run.Side{side}, &programs[i].Requests)
	}
	return nil
}

// A lesson is a run.Lesson, and the requests whose expected responses it sets.
type lesson struct {
	run.Lesson
	requests *[]contract.Request
}

// toLearn plans a lesson: the responses of the sides to the requests. Until it is executed, any response is expected.
func (p *preparation) toLearn(workload string, asked []subject.Asked, sides []run.Side, requests *[]contract.Request) {
	*requests = subject.Requests(asked)
	p.lessons = append(p.lessons, lesson{run.Lesson{Workload: workload, Asked: asked, Sides: sides,
		AllowDifferent: p.AllowDifferent, IgnoreHeaders: p.IgnoreHeaders, Examine: p.examine}, requests})
}

// learn executes the planned lessons.
func (p *preparation) learn(ctx context.Context) (err error) {
	for _, l := range p.lessons {
		p.began = time.Now()
		if *l.requests, err = l.Learn(ctx, p.launcher); err != nil {
			return err
		}
	}
	return nil
}

// A server that is not up yet is tried again, until the reserve that a part needs for its preparation.
const (
	reserve = 3 * time.Second
	retry   = 200 * time.Millisecond
)

// reach parses the external targets and connects once to each, so that a missing server is reported before the run. If
// the run begins later, it waits for the servers: whatever starts the parts may start these at the same time.
func reach(ctx context.Context, targets, admins []string, begins time.Time) ([]subject.External, error) {
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
		err := external[i].Reach(ctx)
		for err != nil && time.Until(begins) > reserve && ctx.Err() == nil {
			time.Sleep(retry)
			err = external[i].Reach(ctx)
		}
		if err != nil {
			return nil, err
		}
		if err := external[i].ReachAdmin(ctx); err != nil {
			return nil, err
		}
	}
	return external, nil
}
