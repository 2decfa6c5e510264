package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/bench/suite"
	"forktax/workload/contract"
)

// A preparation is a run that is being prepared.
type preparation struct {
	*Options
	launcher *subject.Launcher
	log      io.Writer
	began    time.Time // when the first target was started, if that was to learn its responses
}

// Prepare returns a run that is ready to be executed. The launcher is given what it starts. Messages go to log.
func (o *Options) Prepare(ctx context.Context, l *subject.Launcher, log io.Writer) (*run.Execution, error) {
	o.Seed = cmp.Or(o.Seed, rand.Uint64N(1_000_000)) // few digits, for it is printed to be typed again
	if !o.Phases {
		l.Env = map[string]string{contract.EnvPhases: "off"}
	}
	p := &preparation{Options: o, launcher: l, log: log}
	if o.Suite != "" {
		return p.ofSuite(ctx)
	}
	made, err := p.plan(ctx)
	if err != nil {
		return nil, err
	}
	return p.ready(ctx, made)
}

// plan finds the programs and makes the plan.
func (p *preparation) plan(ctx context.Context) (made plan.Plan, err error) {
	foreign, err := reach(ctx, p.Targets, p.TargetAdmins)
	if err != nil {
		return made, err
	}
	finder := p.Data.Finder(p.log)
	programs, err := finder.Find(ctx, subject.ProgramsOf(p.Selections))
	var unknown *subject.UnknownError
	if errors.As(err, &unknown) {
		return made, subject.InvalidElement("workload", p.IndexOf(unknown.Name), "%v", err)
	}
	if err != nil {
		return made, err
	}
	if p.Adhoc.CGI != "" {
		if foreign, err = p.adhoc(ctx, &programs[0], foreign); err != nil {
			return made, err
		}
	}
	floor, err := p.FindFloor(ctx, finder, programs)
	if err == nil && floor.Missing != "" && p.RequireAll {
		err = fmt.Errorf("--require-all: the floor: %s", floor.Missing)
	}
	if err != nil {
		return made, err
	}
	if made, err = plan.New(p.Options.Options, programs, foreign, floor); err != nil {
		return made, err
	}
	made.OtherClocks = subject.OtherClocks(foreign)
	if p.launcher.Variants, err = p.FindVariants(ctx, finder, programs); err != nil {
		return made, err
	}
	if floor.Program != nil {
		programs = append(programs, *floor.Program)
	}
	p.launcher.Programs, p.launcher.External, p.launcher.Seed = programs, foreign, made.Seed
	return made, p.Data.Suits(p.launcher)
}

// ready starts the servers that the programs need.
func (p *preparation) ready(ctx context.Context, made plan.Plan) (e *run.Execution, err error) {
	if p.Pin {
		if p.launcher.StartFunc, err = machine.Pin(); err != nil {
			return nil, err
		}
	}
	e = &run.Execution{Plan: made, Launcher: p.launcher, Began: p.began, Judges: run.Judges{Latest: analysis.LatestIn,
		Missing: func(dir string) func() ([]int, error) { return analysis.NewTally(dir).Missing }}}
	database, stop, err := p.Data.Start(ctx, p.launcher, p.log)
	if err != nil {
		return nil, err
	}
	if e.Stop = stop; database != nil {
		e.Database = database.Description
	}
	return e, nil
}

// ofSuite finds the contenders of a suite.
func (p *preparation) ofSuite(ctx context.Context) (e *run.Execution, err error) {
	s, _ := suite.Find(p.Suite)
	dir, remove, err := process.TempDir("the suite")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	lineup, err := s.Prepare(ctx, subject.NewFinder(p.log), dir)
	if err != nil {
		return nil, err
	}
	for _, missing := range lineup.Missing {
		fmt.Fprintf(p.log, "left out: %v\n", missing)
	}
	if len(lineup.Missing) > 0 && p.RequireAll {
		return nil, fmt.Errorf("--require-all: %w", errors.Join(lineup.Missing...))
	}
	p.launcher.Programs, p.launcher.External, p.launcher.Seed = lineup.Programs, lineup.External, p.Seed
	if e, err = p.ready(ctx, s.Plan(p.Options.Options, lineup)); err != nil {
		return nil, err
	}
	stop := e.Stop
	e.Stop = func() error { return errors.Join(stop(), remove()) }
	return e, nil
}

// adhoc has the program host what --cgi names, records the expected response, and returns the external targets with what
// the program is compared with.
func (p *preparation) adhoc(ctx context.Context, script *subject.Program, foreign []subject.External) (
	[]subject.External, error) {
	server, path, err := p.Adhoc.Server()
	if err != nil {
		return nil, err
	}
	sides := []run.Side{{Model: subject.ScriptModel, Title: p.Adhoc.CGI}}
	if server != nil {
		if server.Command == "" {
			if err := server.Reach(ctx); err != nil {
				return nil, err
			}
		}
		foreign = append(foreign, *server)
		sides = append([]run.Side{{Model: server.Name, Title: p.Adhoc.Persistent}}, sides...)
	}
	if err := p.Adhoc.Host(script, p.launcher, path); err != nil {
		return nil, err
	}
	p.launcher.Programs, p.launcher.External = []subject.Program{*script}, foreign
	p.began = time.Now()
	return foreign, run.Learn(ctx, p.launcher, &script.Description, sides, p.AllowDifferent)
}

// reach parses the external targets, and then connects to each once: a server that is not there is reported before
// anything is measured.
func reach(ctx context.Context, targets, admins []string) ([]subject.External, error) {
	var foreign []subject.External
	for i, text := range targets {
		f, err := subject.ParseExternal(text)
		if err != nil {
			return nil, subject.InvalidElement("target", i, "%v", err)
		}
		foreign = append(foreign, f)
	}
	if err := subject.ParseAdmins(admins, foreign); err != nil {
		return nil, err
	}
	for i := range foreign {
		if err := foreign[i].Reach(ctx); err != nil {
			return nil, err
		}
		if err := foreign[i].ReachAdmin(ctx); err != nil {
			return nil, err
		}
	}
	return foreign, nil
}
