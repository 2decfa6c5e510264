package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
	"forktax/bench/measure"
	"forktax/bench/plan"
	"forktax/bench/process"
	"forktax/bench/progress"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/bench/suite"
)

// defaultResults is the default directory of runs.
const defaultResults = "results"

func runCommand(atOnce <-chan struct{}) *cobra.Command {
	o := defaults()
	var results string
	var printed output
	c := &cobra.Command{
		Use:   "run [SCENARIO]",
		Short: "Compare execution models, or your CGI program with your server",
		Long: `Run starts each program in several execution models, verifies that all send the same responses, and
measures every combination of workload, model and load in short blocks, in random order, round after round. It
prints one screen (more with --details, other forms with --format), and stores all measurements in a directory
below --results.

A scenario is a YAML file with flag names as keys; flags of the command line take precedence. Its key variants compares
builds, environments or programs instead of models; examples/startup.yaml has some of each.

A suite compares real web servers and languages whose programs send the same bytes as ours:
` + suite.List(),
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
				return usagef("run takes at most one scenario, and got %d: %q", len(args), args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			o.recordFlags(c.Flags())
			if len(args) == 1 {
				if err := measure.ScenarioMistake(c.Context(), args[0], c.ErrOrStderr()); err != nil {
					return err
				}
				if err := o.read(args[0], c); err != nil {
					return err
				}
			}
			if err := o.readSuite(c); err != nil {
				return o.located(err)
			}
			if err := o.Complete(); err != nil {
				return o.located(err)
			}
			if err := printed.check(results); err != nil {
				return err
			}
			l := &subject.Launcher{Exporter: ownPath(), Kill: atOnce}
			return o.measure(c.Context(), l, results, printed, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.flags(c.Flags())
	c.Flags().StringVar(&results, "results", defaultResults, "directory in which the run directory is created")
	printed.flags(c)
	return c
}

// measure executes a run and reports it, even if it ended early.
func (o *options) measure(ctx context.Context, l *subject.Launcher, results string, printed output,
	stdout, stderr io.Writer) error {
	e, err := o.Prepare(ctx, l, stderr)
	if err != nil {
		return o.located(err)
	}
	e.Results, e.Version = results, version()
	dir, failure := execute(ctx, e, l, stderr)
	if dir == "" {
		return failure.all()
	}
	unfit, reported := reportRun(dir, failure.all(), printed, stdout, stderr)
	if failure.ended != nil || o.Part.Of > 1 && errors.Is(unfit, errInconclusive) { // the merge of all parts decides
		unfit = nil
	}
	return errors.Join(failure.all(), reported, unfit)
}

// A runFailure holds the error that ended a run early, and the error of writing its record.
type runFailure struct{ ended, unwritten error }

func (f runFailure) all() error { return errors.Join(f.ended, f.unwritten) }

// execute executes a run, and shows its progress. If it was ended at once, it says where the measurements are, and
// returns no directory.
func execute(ctx context.Context, e *run.Execution, l *subject.Launcher, stderr io.Writer) (dir string,
	failure runFailure) {
	p := progress.New(stderr, e.Plan)
	defer p.End()
	defer context.AfterFunc(ctx, func() { p.Say("ending the targets in order; a second Ctrl-C ends them at once") })()
	e.Progress, e.Announce = p.Show, p.Announce
	e.Lost = func(l plan.Lost) { p.Say(fmt.Sprintf("failed: %v", l)) }
	dir, failure.ended, failure.unwritten = e.Execute(ctx)
	if dir != "" && process.IsClosed(l.Kill) {
		p.Say("all measurements: " + dir)
		return "", failure
	}
	return dir, failure
}

// ownPath returns the path of this executable, which workload programs run to render metrics; "" if it is unknown.
func ownPath() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}

// reportRun analyses and reports the run in dir; why is the error that ended it early, or nil. Unfit is the error of a
// program that failed, or else of an inconclusive run.
func reportRun(dir string, why error, printed output, stdout, stderr io.Writer) (unfit, failure error) {
	a, err := reported(dir, why, printed, stdout, stderr)
	if a == nil {
		return nil, err
	}
	return unfitFor(a), err
}

// unfitFor returns the error of a program or a part that failed, or else of an inconclusive run; nil if there is none.
func unfitFor(a *analysis.Analysis) error {
	var failed, inconclusive error
	for _, w := range a.Warnings {
		switch w.Code {
		case analysis.Failed:
			failed = errors.Join(failed, fmt.Errorf("%s; %s", w.Text, w.Advice))
		case analysis.Inconclusive:
			inconclusive = errors.Join(inconclusive, fmt.Errorf("%w: %s; %s", errInconclusive, w.Text, w.Advice))
		}
	}
	return cmp.Or(failed, inconclusive)
}

// reported analyses the run in dir, prints it, writes its report files, and prints their path. It prints first, so
// that a full disk does not hide the result. The analysis is nil if the record cannot be read.
func reported(dir string, why error, printed output, stdout, stderr io.Writer) (*analysis.Analysis, error) {
	result, err := record.Read(dir)
	if err != nil {
		return nil, err
	}
	result.SetCondition(why)
	a, err := analysis.Analyze(result)
	if err != nil {
		return nil, err
	}
	shown := errors.Join(printed.show(stdout, a), printed.announce(a, stdout, stderr))
	kept := errors.Join(
		report.Write(filepath.Join(dir, analysis.ResultFile), report.JSON, a),
		report.Write(filepath.Join(dir, "report.md"), report.Markdown, a),
		report.Write(filepath.Join(dir, "report.html"), report.HTML, a))
	for _, w := range a.Warnings {
		if w.Code == analysis.FewErrors || w.Code == analysis.Masked {
			fmt.Fprintf(stderr, "warning: %s; %s\n", foreign.Text(w.Text), w.Advice)
		}
	}
	if kept == nil {
		fmt.Fprintf(stderr, "report: %s\n", filepath.Join(dir, "report.html"))
	} else {
		fmt.Fprintf(stderr, "all measurements: %s\n", filepath.Clean(dir))
	}
	return a, errors.Join(shown, kept, printed.write(a))
}
