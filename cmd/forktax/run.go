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
	"forktax/bench/record"
	"forktax/bench/report"
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
			o.hear(c.Flags())
			if len(args) == 1 {
				if err := o.read(args[0], c.Flags()); err != nil {
					return err
				}
			}
			if err := o.check(); err != nil {
				return o.wrong(err)
			}
			if err := printed.check(); err != nil {
				return err
			}
			launcher := &subject.Launcher{Exporter: ownPath(), AtOnce: atOnce}
			if !o.Phases {
				launcher.Env = map[string]string{subject.PhasesVariable: "off"}
			}
			return measure(c.Context(), o, launcher, results, printed, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.flags(c.Flags())
	c.Flags().StringVar(&results, "results", defaultResults, "folder in which the run's folder is made")
	printed.flags(c)
	return c
}

// measure makes a run and reports it, also one that came to nothing half way.
func measure(ctx context.Context, o options, l *subject.Launcher, results string, printed output,
	stdout, stderr io.Writer) error {
	if o.Seed == 0 {
		o.Seed = rand.Uint64N(1_000_000) // few digits, for it is printed to be typed again
	}
	if o.Suite != "" {
		return o.compete(ctx, l, results, printed, stdout, stderr)
	}
	foreign, err := reach(ctx, o.Targets)
	if err != nil {
		return o.wrong(err)
	}
	finder := o.Data.finder(stderr)
	programs, err := finder.Find(ctx, o.names())
	var unknown *subject.UnknownError
	if errors.As(err, &unknown) {
		err = o.wrong(mistakenAt("workload", o.wished(unknown.Name), "%v", err))
	}
	if err != nil {
		return err
	}
	if o.Own.CGI != "" {
		if foreign, err = o.compareOwn(ctx, l, &programs[0], foreign); err != nil {
			return o.wrong(err)
		}
	}
	floor, err := o.floor(ctx, finder, programs)
	if err != nil {
		return err
	}
	plan, err := o.plan(programs, foreign, floor)
	if err != nil {
		return o.wrong(err)
	}
	if l.Variants, err = o.variants(ctx, finder, programs); err != nil {
		return o.wrong(err)
	}
	if floor.Program != nil {
		programs = append(programs, *floor.Program)
	}
	l.Programs, l.Foreign, l.Seed = programs, foreign, plan.Seed
	if err := o.Data.suits(l); err != nil {
		return o.wrong(err)
	}
	return o.carryOut(ctx, plan, l, results, printed, stdout, stderr)
}

// carryOut makes the run of a plan that is ready, and reports it.
func (o *options) carryOut(ctx context.Context, plan plan.Plan, l *subject.Launcher, results string, printed output,
	stdout, stderr io.Writer) (err error) {
	if o.Pin {
		if l.Elsewhere, err = machine.Pin(); err != nil {
			return err
		}
	}
	database, stop, err := o.Data.start(ctx, l, stderr)
	if err != nil {
		return err
	}
	u := undertaking{plan: plan, launcher: l, database: database, stop: stop, began: o.began}
	dir, failure, unwritten := u.carryOut(ctx, results, stderr)
	if dir == "" {
		return errors.Join(failure, unwritten)
	}
	if isClosed(l.AtOnce) {
		fmt.Fprintf(stderr, "all that was measured: %s\n", dir)
		return errors.Join(failure, unwritten)
	}
	conclusive, reported := reportRun(dir, errors.Join(failure, unwritten), printed, stdout, stderr)
	if failure != nil {
		conclusive = nil
	}
	return errors.Join(failure, unwritten, reported, conclusive)
}

// compareOwn has the program host what --cgi names, and returns the foreign targets with what it is compared with.
func (o *options) compareOwn(ctx context.Context, l *subject.Launcher, p *subject.Program, foreign []subject.Foreign) (
	[]subject.Foreign, error) {
	stays, path, err := o.Own.persistent()
	if err != nil {
		return nil, err
	}
	if stays != nil {
		if stays.Command == "" {
			if err := stays.Reach(ctx); err != nil {
				return nil, err
			}
		}
		foreign = append(foreign, *stays)
	}
	if err := o.Own.host(p, l, path); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return nil, fmt.Errorf("making a folder for the data of the targets: %w", err)
	}
	defer os.RemoveAll(dir)
	l.Dir, l.Programs, l.Foreign = dir, []subject.Program{*p}, foreign
	o.began = time.Now()
	return foreign, o.learn(ctx, l, p)
}

// reach reads the foreign targets, and then connects to each once: a server that is not there is a mistake to be told
// before anything is measured.
func reach(ctx context.Context, targets []string) ([]subject.Foreign, error) {
	var foreign []subject.Foreign
	for i, text := range targets {
		f, err := subject.ParseForeign(text)
		if err != nil {
			return nil, mistakenAt("target", i, "%v", err)
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

// latest says what the visit that was recorded last means for the objective.
func latest(dir string) (plan.Verdict, error) {
	result, err := record.Read(dir)
	if err != nil {
		return plan.Unclear, err
	}
	return analysis.Latest(result)
}

// ownPath is the file of this command, for programs to render their metrics by.
func ownPath() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}

// resultFile is the analysis in a run's folder.
const resultFile = "result.json"

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
	analysis, err := analysis.Analyze(result)
	if err != nil {
		return nil, err
	}
	shown := errors.Join(printed.show(stdout, analysis), printed.announce(analysis, stdout, stderr))
	kept := errors.Join(
		report.Write(filepath.Join(dir, resultFile), report.JSON, analysis),
		report.Write(filepath.Join(dir, "report.md"), report.Markdown, analysis),
		report.Write(filepath.Join(dir, "report.html"), report.HTML, analysis))
	what := "the report, and all that was measured"
	if kept != nil {
		what = "all that was measured"
	}
	fmt.Fprintf(stderr, "%s: %s\n", what, filepath.Clean(dir))
	return analysis, errors.Join(shown, kept, printed.write(analysis))
}
