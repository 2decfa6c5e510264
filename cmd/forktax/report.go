package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"forktax/bench"
	"forktax/bench/report"
)

func reportCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:     "report FOLDER",
		Short:   "Print the report of a run again, from its folder",
		Example: `  forktax report results/20260102-150405-a1b2 --format markdown`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("the folder of one run is needed, and %d were given; runs are kept in results/", len(args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			print, ok := report.Named(format)
			if !ok {
				return usagef("--format %q is unknown; there are %v", format, report.Formats())
			}
			result, err := bench.ReadResult(args[0])
			if err != nil {
				return err
			}
			analysis, err := report.Analyze(result)
			if err != nil {
				return err
			}
			return print(c.OutOrStdout(), analysis)
		},
	}
	c.Flags().StringVar(&format, "format", "text", fmt.Sprintf("one of %v", report.Formats()))
	return c
}
