package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/report"
)

// Variables that GitHub Actions sets for each step.
const (
	githubActions = "GITHUB_ACTIONS"      // "true"
	githubSummary = "GITHUB_STEP_SUMMARY" // the file whose Markdown it shows on the page of the job
)

// output is where a result goes besides the run's folder: one format to standard output, and all into a folder.
type output struct {
	format string
	out    string // the folder; "" if there is to be none
	print  report.Format[*analysis.Analysis]
}

func (o *output) flags(c *cobra.Command) {
	formatFlag(c.Flags(), &o.format, report.Analyses)
	c.Flags().StringVar(&o.out, "out", "", "directory to which the result is written in all formats")
}

// check finds the format and makes the folder: what cannot be written is told before anything is measured.
func (o *output) check() error {
	var err error
	if o.print, err = formatNamed(o.format, report.Analyses); err != nil {
		return err
	}
	if o.out == "" {
		return nil
	}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return usagef("--out %q: a folder is needed that can be made: %w", o.out, err)
	}
	return nil
}

// write writes all formats, if that was asked for.
func (o *output) write(a *analysis.Analysis) error {
	if o.out == "" {
		return nil
	}
	return report.WriteAll(o.out, a)
}

// announce shows a new result to GitHub Actions, where it runs there: annotations on standard output, unless that is to
// be read by a program, and the report on the page of the job. That it cannot be shown there is no reason to fail.
func (o *output) announce(a *analysis.Analysis, stdout, stderr io.Writer) error {
	if name := os.Getenv(githubSummary); name != "" {
		if err := appendReport(name, a); err != nil {
			fmt.Fprintf(stderr, "the report is not in the summary of the job, $%s: %v\n", githubSummary, err)
		}
	}
	if os.Getenv(githubActions) == "true" && o.format == "text" {
		return report.Annotations(stdout, a)
	}
	return nil
}

// appendReport appends the Markdown to a file in which other steps may have written.
func appendReport(name string, a *analysis.Analysis) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	if err := report.Markdown(f, a); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
