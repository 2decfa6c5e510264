package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/report"
	"forktax/bench/subject"
)

// Variables that GitHub Actions sets for each step.
const (
	githubActions = "GITHUB_ACTIONS"      // "true"
	githubSummary = "GITHUB_STEP_SUMMARY" // path of the file whose Markdown is shown on the page of the job
)

// output holds the destinations of a result besides the run directory: one format to standard output, and all formats
// to a directory.
type output struct {
	format  string
	details bool   // text has all tables, not only the first screen
	out     string // directory of all formats; empty: none is written
	print   report.Format[*analysis.Analysis]
}

func (o *output) flags(c *cobra.Command) {
	formatFlag(c.Flags(), &o.format, report.Analyses)
	c.Flags().BoolVar(&o.details, "details", false, "print all tables, not only the first screen (text)")
	c.Flags().StringVar(&o.out, "out", "", "directory to which the result is written in all formats")
}

// check finds the format and creates the directory, so that errors appear before anything is measured. Results is the
// directory of a new run; "" if there is none.
func (o *output) check(results string) (err error) {
	if o.print, err = formatNamed(o.format, report.Analyses); err == nil && results != "" {
		err = subject.Writable("results", results)
	}
	if err != nil || o.out == "" {
		return err
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return usagef("--out %q: cannot create the directory: %w", o.out, err)
	}
	return subject.Writable("out", o.out)
}

// write writes all formats, if there is a directory for them.
func (o *output) write(a *analysis.Analysis) error {
	if o.out == "" {
		return nil
	}
	return report.WriteAll(o.out, a)
}

// announce shows a new result in GitHub Actions: annotations on standard output, if the format is text, and the
// report on the page of the job. An error in writing the report does not fail the command.
func (o *output) announce(a *analysis.Analysis, stdout, stderr io.Writer) error {
	if name := os.Getenv(githubSummary); name != "" {
		if err := report.AppendMarkdown(name, a); err != nil {
			fmt.Fprintf(stderr, "writing the report to the job summary, $%s: %v\n", githubSummary, err)
		}
	}
	if os.Getenv(githubActions) == "true" && o.format == "text" {
		return report.Annotations(stdout, a)
	}
	return nil
}

// show prints the result in its format. Text is adapted to the terminal.
func (o *output) show(w io.Writer, a *analysis.Analysis) error {
	switch {
	case o.format != "text":
		return o.print(w, a)
	case o.details:
		return report.Details(w, a, report.TerminalOf(w))
	}
	return report.Screen(w, a, report.TerminalOf(w))
}
