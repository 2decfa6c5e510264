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

	"forktax/bench"
	"forktax/bench/gate"
	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/program"
	"forktax/bench/report"
	"forktax/bench/stack"
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
or another program; examples/startup.yaml has some of each.`,
		Example: `  forktax run
  forktax run --workload hello --clients 1
  forktax run --workload guestbook/page --rate 50,100,200
  forktax run --workload ./my-program --budget 60s
  forktax run examples/startup.yaml
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
			launcher := &program.Launcher{Exporter: ownPath(), AtOnce: atOnce}
			if !o.Phases {
				launcher.Env = map[string]string{program.PhasesVariable: "off"}
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
func measure(ctx context.Context, o options, l *program.Launcher, results string, printed output,
	stdout, stderr io.Writer) error {
	if o.Seed == 0 {
		o.Seed = rand.Uint64N(1_000_000) // few digits, for it is printed to be typed again
	}
	foreign, err := reach(ctx, o.Targets)
	if err != nil {
		return o.wrong(err)
	}
	finder := o.Data.finder(stderr)
	programs, err := finder.Find(ctx, o.names())
	var unknown *program.UnknownError
	if errors.As(err, &unknown) {
		err = o.wrong(mistakenAt("workload", o.wished(unknown.Name), "%v", err))
	}
	if err != nil {
		return err
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
	if o.Pin {
		if l.Elsewhere, err = machine.Pin(); err != nil {
			return err
		}
	}
	if err := settle(programs, l.Variants); err != nil {
		return err
	}
	head, err := newHead(plan, programs, l.Variants)
	if err != nil {
		return err
	}
	database, stop, err := o.Data.start(ctx, l, stderr)
	if err != nil {
		return err
	}
	record, err := newRecord(ctx, filepath.Join(results, head.ID), &head, database)
	if err != nil {
		return errors.Join(err, stop())
	}
	failure := visitAll(ctx, plan, l, record, stderr)
	failure = errors.Join(failure, stop()) // why it ended, if it did, belongs to the record
	finished := record.Finish(tail(head, failure))
	if record.Blocks == 0 {
		return errors.Join(failure, finished, os.RemoveAll(record.Dir))
	}
	if isClosed(l.AtOnce) {
		fmt.Fprintf(stderr, "all that was measured: %s\n", record.Dir)
		return errors.Join(failure, finished)
	}
	conclusive, reported := reportRun(record.Dir, printed, stdout, stderr)
	if reported == nil {
		fmt.Fprintf(stderr, "the report, and all that was measured: %s\n", record.Dir)
	}
	if failure == nil {
		failure = conclusive
	}
	return errors.Join(failure, finished, reported)
}

// newRecord begins the record of a run. The database may be nil.
func newRecord(ctx context.Context, dir string, head *bench.Head, database *stack.Server) (*bench.Record, error) {
	if database != nil {
		var err error
		if head.Environment.Database, err = database.Description(ctx); err != nil {
			return nil, err
		}
	}
	return bench.CreateRecord(dir, *head)
}

// reach reads the foreign targets, and then connects to each once: a server that is not there is a mistake to be told
// before anything is measured.
func reach(ctx context.Context, targets []string) ([]program.Foreign, error) {
	var foreign []program.Foreign
	for i, text := range targets {
		f, err := program.ParseForeign(text)
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

// visitAll carries out the plan on targets of its own.
func visitAll(ctx context.Context, plan bench.Plan, l *program.Launcher, record *bench.Record, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return fmt.Errorf("making a folder for the data of the targets: %w", err)
	}
	defer os.RemoveAll(dir)
	l.Dir = dir
	p := newProgress(stderr)
	defer p.end()
	if plan.Criterion != nil { // which starts them all the time
		p.every = gate.StartsAtOnce
	}
	defer context.AfterFunc(ctx, func() { p.say("ending the targets in order; a second Ctrl-C ends them at once") })()
	runner := bench.Runner{
		Plan:     plan,
		Launcher: l,
		Engines:  load.Engines(),
		Record:   record,
		Machine:  machine.Counters,
		Progress: p.show,
	}
	switch {
	case plan.Searched:
		err = runner.Search(ctx, func() (bench.Verdict, error) { return latest(record.Dir) })
	case plan.Criterion != nil:
		err = runner.Check(ctx, standing(record.Dir))
	default:
		err = runner.Run(ctx)
	}
	cause := context.Cause(ctx)
	if cause == nil {
		return err
	}
	var stop *bench.StopError
	if errors.As(err, &stop) {
		return fmt.Errorf("%w: %w", cause, stop)
	}
	return cause // what else failed then, failed because of it
}

// latest says what the visit that was recorded last means for the objective.
func latest(dir string) (bench.Verdict, error) {
	result, err := bench.ReadResult(dir)
	if err != nil {
		return bench.Unclear, err
	}
	return report.Latest(result)
}

func newHead(plan bench.Plan, programs []program.Program, variants []program.Variant) (bench.Head, error) {
	began := time.Now()
	head := bench.Head{
		Schema:      bench.Schema,
		ID:          fmt.Sprintf("%s-%04x", began.UTC().Format("20060102-150405"), rand.IntN(1<<16)),
		Started:     began,
		Version:     version(),
		Plan:        plan,
		Environment: machine.Environment(),
	}
	for _, s := range serving(programs, variants) {
		described, err := machine.Program(s.Name, s.Path)
		if err != nil {
			return bench.Head{}, err
		}
		described.Variants = s.variants
		head.Environment.Programs = append(head.Environment.Programs, described)
	}
	return head, nil
}

func tail(head bench.Head, failure error) bench.Tail {
	t := bench.Tail{Complete: failure == nil, LengthNS: int64(time.Since(head.Started))}
	if failure != nil {
		t.Condition = failure.Error()
	}
	return t
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

// reportRun analyses the run in dir and reports it. The first error says why the run is inconclusive.
func reportRun(dir string, printed output, stdout, stderr io.Writer) (inconclusive, failure error) {
	analysis, err := reported(dir, printed, stdout, stderr)
	if analysis == nil {
		return nil, err
	}
	for _, w := range analysis.Warnings {
		if w.Code == report.Inconclusive {
			inconclusive = errors.Join(inconclusive, fmt.Errorf("%w: %s; %s", errInconclusive, w.Text, w.Advice))
		}
	}
	return inconclusive, err
}

// reported analyses the run in dir, prints it, and writes the files that are made of it. It prints first: a full disk
// must not keep what was measured from being seen. There is no analysis if the record cannot be read.
func reported(dir string, printed output, stdout, stderr io.Writer) (*report.Analysis, error) {
	analysis, err := analysisOf(dir)
	if err != nil {
		return nil, err
	}
	return analysis, errors.Join(
		printed.print(stdout, analysis),
		printed.announce(analysis, stdout, stderr),
		report.Write(filepath.Join(dir, resultFile), report.JSON, analysis),
		report.Write(filepath.Join(dir, "report.md"), report.Markdown, analysis),
		printed.write(analysis))
}
