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
	var printed output
	c := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Print the report of a run again, by default of the newest",
		Long: `Report prints a run again: from its directory, or, in the formats that need no single blocks, from its
result.json alone. A run below --results can be given by its name, which is in its report.`,
		Example: `  forktax report --format markdown
  forktax report 20260102-150405-a1b2
  forktax report results/20260102-150405-a1b2 --out ci/
  forktax report results/20260102-150405-a1b2/result.json --format csv`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("the folder of one run is needed, and %d were given: %q", len(args), args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
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
			if err := printed.check(); err != nil {
				return err
			}
			return errors.Join(printed.show(c.OutOrStdout(), a), printed.write(a))
		},
	}
	printed.flags(c)
	c.Flags().StringVar(&results, "results", defaultResults, "directory of the run directories")
	return c
}

// stored reads a result that was kept, which may be named by the name of its run below results. What is not one is an
// error of the command line.
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
