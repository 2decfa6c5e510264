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
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/run"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/bench/traps"
	"forktax/workload/contract"
)

// A preparation is a run that is being prepared.
type preparation struct {
	*Options
	launcher *subject.Launcher
	log      io.Writer
	began    time.Time // when the first target was started to learn its responses; zero if none was
	lessons  []lesson
	traps    traps.Examiner
}

// Prepare returns a run that is ready to be executed, and configures the launcher for it. It writes messages to log.
func (o *Options) Prepare(ctx context.Context, l *subject.Launcher, log io.Writer) (*run.Execution, error) {
	o.Seed = cmp.Or(o.Seed, rand.Uint64N(1_000_000)) // few digits, as users retype it
	l.Env, l.Messages, l.Limits = map[string]string{}, log, o.limits()
	if !o.Phases {
		l.Env[contract.EnvPhases] = "off"
	}
	p := &preparation{Options: o, launcher: l, log: log, traps: traps.Examiner{Log: log}}
	if o.Lineup != nil {
		return p.prepareSuite(ctx)
	}
	made, err := p.plan(ctx)
	if err != nil {
		return nil, err
	}
	return p.ready(ctx, made)
}

// plan finds the programs, makes the plan, and learns the expected responses. It returns an error if the plan is
// invalid.
func (p *preparation) plan(ctx context.Context) (made plan.Plan, err error) {
	finder := p.Data.Finder(p.log)
	programs, err := finder.Find(ctx, subject.ProgramsOf(p.Selections))
	var unknown *subject.UnknownError
	if errors.As(err, &unknown) {
		at := p.IndexOf(unknown.Name)
		if at >= 0 && at < len(p.Workloads) && subject.IsUnmarked(p.Workloads[at]) {
			return made, subject.InvalidElement("workload", at, "%q: for the program at this path, write ./%[1]s",
				p.Workloads[at])
		}
		return made, subject.InvalidElement("workload", at, "%v", err)
	}
	if err != nil {
		return made, err
	}
	if p.CGI != "" {
		programs[0] = programs[0].Hosting(p.CGI)
	}
	external, err := p.planRequests(ctx, programs)
	if err != nil {
		return made, err
	}
	floor, err := p.FindFloor(ctx, finder, programs)
	if err == nil && floor.Missing != "" && p.RequireAll {
		err = fmt.Errorf("--require-all: the floor: %s", floor.Missing)
	}
	if err != nil {
		return made, err
	}
	if made, err = plan.New(p.Options.Options, programs, external, floor); err == nil {
		err = load.CheckRates(ctx, made)
	}
	if err != nil {
		return made, err
	}
	if len(p.lessons) > 0 { // the plan contains the requests with their expected responses
		if err = p.learn(ctx); err == nil {
			made, err = plan.New(p.Options.Options, programs, external, floor)
		}
		if err != nil {
			return made, err
		}
	}
	p.compareResponses(&made)
	made.Traps, made.Limits = p.traps.Found, p.launcher.Limits
	if made.Env, err = p.HashedVariables(); err != nil {
		return made, err
	}
	made.OtherClocks = subject.OtherClocks(external)
	if p.launcher.Variants, err = p.FindVariants(ctx, finder, programs); err != nil {
		return made, err
	}
	if floor.Program != nil {
		programs = append(programs, *floor.Program)
	}
	p.launcher.Programs, p.launcher.External, p.launcher.Seed = programs, external, made.Seed
	return made, p.Data.Suits(p.launcher)
}

// compareResponses sets in the plan which parts of responses are compared.
func (p *preparation) compareResponses(made *plan.Plan) {
	if made.IgnoreHeaders = p.IgnoreHeaders; p.AllowDifferent {
		made.ExpectStatusOnly()
	}
}

// ready starts the servers that the programs need, and returns the prepared run.
func (p *preparation) ready(ctx context.Context, made plan.Plan) (e *run.Execution, err error) {
	place, err := p.pin(&made)
	if err != nil {
		return nil, err
	}
	if late := time.Since(made.StartAt); made.Part.IsOne() && !made.StartAt.IsZero() && late > 0 {
		fmt.Fprintf(p.log, "part %v is late: the others began %v ago (--start-at); it begins where they are now\n", made.Part,
			late.Round(time.Millisecond))
	}
	e = &run.Execution{Plan: made, Launcher: p.launcher, Began: p.began, Place: place, Judges: run.Judges{
		Latest:  analysis.LatestIn,
		Missing: func(dir string) func() ([]int, error) { return analysis.NewTally(dir).Missing },
		Agree:   stats.Agree,
	}}
	if p.Cold {
		return e, p.prepareCold(ctx, e)
	}
	database, stop, err := p.Data.Start(ctx, p.launcher, p.log)
	if err != nil {
		return nil, err
	}
	if e.Stop = stop; database != nil {
		e.Database = database.Description
	}
	return e, nil
}
