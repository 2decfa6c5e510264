package main

import (
	"bytes"
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
	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/program"
	"forktax/bench/report"
)

// defaultResults is where runs are kept.
const defaultResults = "results"

func runCommand() *cobra.Command {
	var o options
	var results, format string
	c := &cobra.Command{
		Use:   "run",
		Short: "Compare the twins: measure, report, keep the result",
		Long: `Run starts each workload as both twins, proves that they answer the same, and then visits every pair of
workload and load in short blocks, in random order, round after round. It prints one screen (or --format)
on standard output, and keeps everything that it measured in a folder below --results.`,
		Example: `  forktax run
  forktax run --workload hello --clients 1
  forktax run --workload ./my-program --rounds 20
  forktax run --format json | jq '.comparisons[] | select(.metric == "response_p50")'`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			printed, err := formatNamed(format)
			if err != nil {
				return err
			}
			return measure(c.Context(), o, results, printed, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	o.flags(c.Flags())
	c.Flags().StringVar(&results, "results", defaultResults, "folder in which the run's folder is made")
	formatFlag(c, &format)
	return c
}

// measure makes a run and reports it, also one that came to nothing half way.
func measure(ctx context.Context, o options, results string, format report.Format, stdout, stderr io.Writer) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.seed == 0 {
		o.seed = rand.Uint64N(1_000_000) // few digits, for it is printed to be typed again
	}
	programs, err := find(ctx, o.names(), stderr)
	if err != nil {
		return err
	}
	plan, err := o.plan(programs)
	if err != nil {
		return err
	}
	head, err := newHead(plan, programs)
	if err != nil {
		return err
	}
	record, err := bench.CreateRecord(filepath.Join(results, head.ID), head)
	if err != nil {
		return err
	}
	failure := visitAll(ctx, plan, programs, record, stderr)
	finished := record.Finish(tail(head, failure))
	if record.Blocks == 0 {
		return errors.Join(failure, finished, os.RemoveAll(record.Dir))
	}
	reported := reportRun(record.Dir, format, stdout)
	if reported == nil {
		fmt.Fprintf(stderr, "the report, and all that was measured: %s\n", record.Dir)
	}
	return errors.Join(failure, finished, reported)
}

// visitAll carries out the plan on targets of its own.
func visitAll(ctx context.Context, plan bench.Plan, programs []program.Program, record *bench.Record, stderr io.Writer) error {
	dir, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return fmt.Errorf("making a folder for the data of the targets: %w", err)
	}
	defer os.RemoveAll(dir)
	p := newProgress(stderr)
	defer p.end()
	runner := bench.Runner{
		Plan:     plan,
		Launcher: &program.Launcher{Programs: programs, Dir: dir, Exporter: ownPath()},
		Engines:  load.Engines(),
		Record:   record,
		Progress: p.show,
	}
	err = runner.Run(ctx)
	if cause := context.Cause(ctx); cause != nil { // what failed then, failed because of it
		return cause
	}
	return err
}

// find finds or builds the named workloads. An unknown name is a mistake in the command line.
func find(ctx context.Context, names []string, stderr io.Writer) ([]program.Program, error) {
	programs, err := program.NewFinder(stderr).Find(ctx, names)
	var unknown *program.UnknownError
	if errors.As(err, &unknown) {
		return nil, usagef("--workload: %w", err)
	}
	return programs, err
}

func newHead(plan bench.Plan, programs []program.Program) (bench.Head, error) {
	began := time.Now()
	head := bench.Head{
		Schema:      bench.Schema,
		ID:          fmt.Sprintf("%s-%04x", began.UTC().Format("20060102-150405"), rand.IntN(1<<16)),
		Started:     began,
		Version:     version(),
		Plan:        plan,
		Environment: machine.Environment(),
	}
	for _, p := range programs {
		described, err := machine.Program(p.Name, p.Path)
		if err != nil {
			return bench.Head{}, err
		}
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

// reportRun analyses the run in dir, prints it, and writes the files that are made of it beside it. It prints first: a
// full disk must not keep what was measured from being seen.
func reportRun(dir string, format report.Format, stdout io.Writer) error {
	analysis, err := analysisOf(dir)
	if err != nil {
		return err
	}
	return errors.Join(
		format(stdout, analysis),
		writeReport(filepath.Join(dir, "result.json"), report.JSON, analysis),
		writeReport(filepath.Join(dir, "report.md"), report.Markdown, analysis))
}

func writeReport(name string, format report.Format, a *report.Analysis) error {
	var text bytes.Buffer
	if err := format(&text, a); err != nil {
		return err
	}
	return bench.WriteFile(name, text.Bytes())
}
