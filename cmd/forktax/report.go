package main

import (
	"errors"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/report"
	"forktax/bench/subject"
)

func reportCommand() *cobra.Command {
	var results string
	var list bool
	var printed output
	c := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Print the report of a stored run, by default of the newest; list the runs",
		Long: `Report prints a stored run again. A run is named by its directory, by its result.json (for formats
that do not need single blocks), or by its ID, which is in its report and in --list, and is looked up below --results.`,
		Example: `  forktax report --list
  forktax report --format markdown
  forktax report 20260102-150405-a1b2
  forktax report results/20260102-150405-a1b2 --out ci/
  forktax report results/20260102-150405-a1b2/result.json --format csv`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("one run is needed, by its name or directory, and %d were given: %q", len(args), args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if list {
				return listRuns(c, args, results)
			}
			if _, err := formatNamed(printed.format, report.Analyses); err != nil {
				return err
			}
			if len(args) == 0 {
				newest, err := analysis.Newest(results)
				if err != nil {
					return err
				}
				args = []string{newest}
			}
			a, err := stored(args[0], results)
			if err != nil {
				return err
			}
			if err := printed.check(""); err != nil {
				return err
			}
			return errors.Join(printed.show(c.OutOrStdout(), a), printed.write(a))
		},
	}
	printed.flags(c)
	c.Flags().StringVar(&results, "results", defaultResults, "directory of the run directories")
	c.Flags().BoolVar(&list, "list", false, "list the runs below --results instead, newest first")
	return c
}

// listRuns prints a line for each run below results.
func listRuns(c *cobra.Command, args []string, results string) error {
	for _, name := range []string{"format", "out", "details"} {
		if c.Flags().Changed(name) {
			return usagef("--%s cannot be combined with --list", name)
		}
	}
	if len(args) > 0 {
		return usagef("--list takes no run, and got %q", args[0])
	}
	runs, err := analysis.Runs(results)
	if err != nil {
		return err
	}
	return report.List(c.OutOrStdout(), runs, report.TerminalOf(c.OutOrStdout()))
}

// stored reads a stored result, which may be named by its ID below results. Its errors are usage errors.
func stored(name, results string) (*analysis.Analysis, error) {
	path, err := analysis.Find(name, results)
	if err != nil {
		return nil, &subject.UsageError{Err: err}
	}
	a, err := analysis.ReadStored(path)
	if err != nil {
		return nil, &subject.UsageError{Err: err}
	}
	return a, nil
}
