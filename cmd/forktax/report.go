package main

import (
	"errors"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/subject"
)

func reportCommand() *cobra.Command {
	var results string
	var printed output
	c := &cobra.Command{
		Use:   "report [RUN]",
		Short: "Print the report of a run again, by default of the newest",
		Long: `Report prints a run again: from its folder, or, in the formats that need no single blocks, from its
result.json alone.`,
		Example: `  forktax report --format markdown
  forktax report results/20260102-150405-a1b2 --out ci/
  forktax report results/20260102-150405-a1b2/result.json --format csv`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("the folder of one run is needed, and %d were given: %q", len(args), args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			path := ""
			var err error
			if len(args) == 1 {
				path = args[0]
			} else if path, err = analysis.Newest(results); err != nil {
				return err
			}
			a, err := stored(path)
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
	c.Flags().StringVar(&results, "results", defaultResults, "folder in which the runs' folders are")
	return c
}

// stored reads a result that was kept. What is none is an error of the command line.
func stored(path string) (*analysis.Analysis, error) {
	a, err := analysis.ReadStored(path)
	if err != nil {
		return nil, &subject.UsageError{Err: err}
	}
	return a, nil
}
