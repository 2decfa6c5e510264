package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
	"forktax/bench/process"
	"forktax/bench/progress"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/bench/suite"
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
				if err := o.read(args[0], c); err != nil {
					return err
				}
			}
			if err := o.Complete(); err != nil {
				return o.located(err)
			}
			if err := printed.check(); err != nil {
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

// measure makes a run and reports it, also one that ended early.
func (o *options) measure(ctx context.Context, l *subject.Launcher, results string, printed output,
	stdout, stderr io.Writer) error {
	e, err := o.Prepare(ctx, l, stderr)
	if err != nil {
		return o.located(err)
	}
	e.Results, e.Version = results, version()
	dir, failure := execute(ctx, e, stderr)
	if dir == "" {
		return failure.all()
	}
	if process.IsClosed(l.Kill) {
		fmt.Fprintf(stderr, "all that was measured: %s\n", dir)
		return failure.all()
	}
	unfit, reported := reportRun(dir, failure.all(), printed, stdout, stderr)
	if failure.ended != nil {
		unfit = nil
	}
	return errors.Join(failure.all(), reported, unfit)
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

// ownPath is the file of this command, for programs to render their metrics by.
func ownPath() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}

// reportRun analyses the run in dir, which ended for the reason why, if it was not done, and reports it. The first
// error says that a program failed, or else why the run is inconclusive.
func reportRun(dir string, why error, printed output, stdout, stderr io.Writer) (unfit, failure error) {
	a, err := reported(dir, why, printed, stdout, stderr)
	if a == nil {
		return nil, err
	}
	var failed, inconclusive error
	for _, w := range a.Warnings {
		switch w.Code {
		case analysis.Failed:
			failed = errors.Join(failed, fmt.Errorf("%s; %s", w.Text, w.Advice))
		case analysis.Inconclusive:
			inconclusive = errors.Join(inconclusive, fmt.Errorf("%w: %s; %s", errInconclusive, w.Text, w.Advice))
		}
	}
	return cmp.Or(failed, inconclusive), err
}

// reported analyses the run in dir, prints it, writes the files that are made of it, and says where all that is. It
// prints first: a full disk must not keep what was measured from being seen. There is no analysis if the record cannot
// be read.
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
	what := "the report, and all that was measured"
	if kept != nil {
		what = "all that was measured"
	}
	fmt.Fprintf(stderr, "%s: %s\n", what, filepath.Clean(dir))
	return a, errors.Join(shown, kept, printed.write(a))
}

// aboutSuites lists the suites for people.
func aboutSuites() string {
	var lines []string
	for _, s := range suite.All {
		lines = append(lines, fmt.Sprintf("  %-10s %s", s.Name, s.About))
	}
	return strings.Join(lines, "\n")
}
