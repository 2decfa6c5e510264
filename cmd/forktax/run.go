package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/progress"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/bench/run"
	"forktax/bench/subject"
)

// defaultResults is where runs are kept.
const defaultResults = "results"

func runCommand(atOnce <-chan struct{}) *cobra.Command {
	o := defaults()
	var results string
	var printed output
	c := &cobra.Command{
		Use:   "run [SCENARIO]",
		Short: "Compare the twins: measure, report, keep the result",
		Long: `Run starts each workload as both twins, proves that they answer the same, and then visits every workload,
model and load in short blocks, in random order, round after round. It prints one screen (or --format) on
standard output, and keeps everything that it measured in a folder below --results.

A scenario is a YAML file with the names of the flags as keys; flags on the command line go before it. Its key
variants lists what takes the place of models: the same program built with other flags, in another environment,
or another program; examples/startup.yaml has some of each.

A suite takes the place of workloads: real web servers and languages that do what our programs do, byte for byte.
` + aboutSuites(),
		Example: `  forktax run
  forktax run --workload hello --clients 1
  forktax run --workload guestbook/page --rate 50,100,200
  forktax run --workload ./my-program --budget 60s
  forktax run examples/startup.yaml
  forktax run --suite hosts
  forktax run --cgi ./hello.cgi --persistent http://127.0.0.1:8080/hello
  forktax run --cgi ./hello.py --persistent 'python3 server.py --port {port}'
  forktax run --target apache=http://127.0.0.1:8080/ --target nginx=http://127.0.0.1:8081/
  forktax run --format json | jq '.comparisons[] | select(.metric == "response_p50")'`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("one scenario at the most can be run, and %d were given: %q", len(args), args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.recordFlags(c.Flags())
			if len(args) == 1 {
				if err := o.read(args[0], c.Flags()); err != nil {
					return err
				}
			}
			if err := o.check(); err != nil {
				return o.located(err)
			}
			if err := printed.check(); err != nil {
				return err
			}
			m := measurement{options: o, launcher: &subject.Launcher{Exporter: ownPath(), AtOnce: atOnce}, results: results,
				printed: printed, stdout: c.OutOrStdout(), stderr: c.ErrOrStderr()}
			if !o.Phases {
				m.launcher.Env = map[string]string{subject.PhasesVariable: "off"}
			}
			return o.located(m.run(c.Context()))
		},
	}
	o.flags(c.Flags())
	c.Flags().StringVar(&results, "results", defaultResults, "folder in which the run's folder is made")
	printed.flags(c)
	return c
}

// A measurement is a run that is made and reported.
type measurement struct {
	options
	launcher       *subject.Launcher
	results        string
	printed        output
	stdout, stderr io.Writer
}

// run makes a run and reports it, also one that ended early.
func (m measurement) run(ctx context.Context) error {
	if m.Seed == 0 {
		m.Seed = rand.Uint64N(1_000_000) // few digits, for it is printed to be typed again
	}
	if m.Suite != "" {
		return m.measureSuite(ctx)
	}
	foreign, err := reach(ctx, m.Targets)
	if err != nil {
		return err
	}
	finder := finderFor(&m.Data, m.stderr)
	programs, err := finder.Find(ctx, subject.ProgramsOf(m.Selections))
	var unknown *subject.UnknownError
	if errors.As(err, &unknown) {
		return subject.InvalidElement("workload", m.IndexOf(unknown.Name), "%v", err)
	}
	if err != nil {
		return err
	}
	if m.Adhoc.CGI != "" {
		if foreign, err = m.prepareAdhoc(ctx, &programs[0], foreign); err != nil {
			return err
		}
	}
	floor, err := m.FindFloor(ctx, finder, programs)
	if err != nil {
		return err
	}
	if floor.Missing != "" && m.All {
		return fmt.Errorf("--%s: the floor: %s", requireAll, floor.Missing)
	}
	p, err := plan.New(m.Options, programs, foreign, floor)
	if err != nil {
		return err
	}
	if m.launcher.Variants, err = m.FindVariants(ctx, finder, programs); err != nil {
		return err
	}
	if floor.Program != nil {
		programs = append(programs, *floor.Program)
	}
	m.launcher.Programs, m.launcher.Foreign, m.launcher.Seed = programs, foreign, p.Seed
	if err := m.Data.Suits(m.launcher); err != nil {
		return err
	}
	return m.execute(ctx, p)
}

// execute makes the run of a plan, and reports it.
func (m measurement) execute(ctx context.Context, p plan.Plan) (err error) {
	if m.Pin {
		if m.launcher.Elsewhere, err = machine.Pin(); err != nil {
			return err
		}
	}
	e := run.Execution{Plan: p, Launcher: m.launcher, Results: m.results, Began: m.began, Version: version(),
		Judges: run.Judges{Latest: analysis.LatestIn,
			Missing: func(dir string) func() ([]int, error) { return analysis.NewTally(dir).Missing }}}
	database, stop, err := m.Data.Start(ctx, m.launcher, m.stderr)
	if err != nil {
		return err
	}
	if e.Stop = stop; database != nil {
		e.Database = database.Description
	}
	dir, failure := execute(ctx, &e, m.stderr)
	if dir == "" {
		return failure.all()
	}
	if process.IsClosed(m.launcher.AtOnce) {
		fmt.Fprintf(m.stderr, "all that was measured: %s\n", dir)
		return failure.all()
	}
	conclusive, reported := reportRun(dir, failure.all(), m.printed, m.stdout, m.stderr)
	if failure.ended != nil {
		conclusive = nil
	}
	return errors.Join(failure.all(), reported, conclusive)
}

// A runFailure is why a run ended early, and what of its record could not be written.
type runFailure struct{ ended, unwritten error }

func (f runFailure) all() error { return errors.Join(f.ended, f.unwritten) }

// execute executes a run, and shows its progress.
func execute(ctx context.Context, e *run.Execution, stderr io.Writer) (dir string, failure runFailure) {
	p := progress.New(stderr, e.Plan)
	defer p.End()
	defer context.AfterFunc(ctx, func() { p.Say("ending the targets in order; a second Ctrl-C ends them at once") })()
	e.Progress, e.Announce = p.Show, p.Announce
	dir, failure.ended, failure.unwritten = e.Execute(ctx)
	return dir, failure
}

// prepareAdhoc has the program host what --cgi names, records the expected response, and returns the external targets with
// what the program is compared with.
func (m *measurement) prepareAdhoc(ctx context.Context, script *subject.Program, foreign []subject.Foreign) (
	[]subject.Foreign, error) {
	server, path, err := m.Adhoc.Server()
	if err != nil {
		return nil, err
	}
	sides := []run.Side{{Model: subject.ScriptModel, Title: m.Adhoc.CGI}}
	if server != nil {
		if server.Command == "" {
			if err := server.Reach(ctx); err != nil {
				return nil, err
			}
		}
		foreign = append(foreign, *server)
		sides = append([]run.Side{{Model: server.Name, Title: m.Adhoc.Persistent}}, sides...)
	}
	if err := m.Adhoc.Host(script, m.launcher, path); err != nil {
		return nil, err
	}
	m.launcher.Programs, m.launcher.Foreign = []subject.Program{*script}, foreign
	m.began = time.Now()
	return foreign, run.Learn(ctx, m.launcher, &script.Description, sides, m.AllowDifferent)
}

// reach parses the external targets, and then connects to each once: a server that is not there is reported before
// anything is measured.
func reach(ctx context.Context, targets []string) ([]subject.Foreign, error) {
	var foreign []subject.Foreign
	for i, text := range targets {
		f, err := subject.ParseForeign(text)
		if err != nil {
			return nil, subject.InvalidElement("target", i, "%v", err)
		}
		foreign = append(foreign, f)
	}
	for _, f := range foreign {
		if err := f.Reach(ctx); err != nil {
			return nil, err
		}
	}
	return foreign, nil
}

// ownPath is the file of this command, for programs to render their metrics by.
func ownPath() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}

// reportRun analyses the run in dir, which ended for the reason why, if it was not done, and reports it. The first
// error says why the run is inconclusive.
func reportRun(dir string, why error, printed output, stdout, stderr io.Writer) (inconclusive, failure error) {
	a, err := reported(dir, why, printed, stdout, stderr)
	if a == nil {
		return nil, err
	}
	for _, w := range a.Warnings {
		if w.Code == analysis.Inconclusive {
			inconclusive = errors.Join(inconclusive, fmt.Errorf("%w: %s; %s", errInconclusive, w.Text, w.Advice))
		}
	}
	return inconclusive, err
}

// reported analyses the run in dir, prints it, writes the files that are made of it, and says where all that is. It
// prints first: a full disk must not keep what was measured from being seen. There is no analysis if the record cannot
// be read.
func reported(dir string, why error, printed output, stdout, stderr io.Writer) (*analysis.Analysis, error) {
	result, err := record.Read(dir)
	if err != nil {
		return nil, err
	}
	result.Ended(why)
	a, err := analysis.Analyze(result)
	if err != nil {
		return nil, err
	}
	shown := errors.Join(printed.show(stdout, a), printed.announce(a, stdout, stderr))
	kept := errors.Join(
		report.Write(filepath.Join(dir, analysis.ResultFile), report.JSON, a),
		report.Write(filepath.Join(dir, "report.md"), report.Markdown, a),
		report.Write(filepath.Join(dir, "report.html"), report.HTML, a))
	what := "the report, and all that was measured"
	if kept != nil {
		what = "all that was measured"
	}
	fmt.Fprintf(stderr, "%s: %s\n", what, filepath.Clean(dir))
	return a, errors.Join(shown, kept, printed.write(a))
}
