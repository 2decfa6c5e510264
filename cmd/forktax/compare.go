package main

import (
	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/report"
)

func compareCommand() *cobra.Command {
	var format, results string
	var allowUnlike bool
	c := &cobra.Command{
		Use:   "compare A B",
		Short: "Show two stored results side by side",
		Long: `Compare shows two runs, or their result.json files, side by side, for the cells that both have. The
runs were made at different times, so it decides nothing; forktax check decides, by measuring both sides in
turn. Absolute numbers of different machines are compared only with --allow-unlike-machine. The fork tax, a
ratio within each run, is always compared.`,
		Example: `  forktax compare results/20260102-150405-a1b2 results/20260103-101112-c3d4
  forktax compare old/result.json new/result.json --format markdown`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return usagef("compare needs two results, run directories or result.json files, and got %d: %q", len(args), args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			print, err := formatNamed(format, report.RunComparisons)
			if err != nil {
				return err
			}
			a, err := stored(args[0], results)
			if err != nil {
				return err
			}
			b, err := stored(args[1], results)
			if err != nil {
				return err
			}
			return print(c.OutOrStdout(), analysis.CompareRuns(args[0], a, args[1], b, allowUnlike))
		},
	}
	formatFlag(c.Flags(), &format, report.RunComparisons)
	c.Flags().StringVar(&results, "results", defaultResults, "directory of the runs that are given by name")
	c.Flags().BoolVar(&allowUnlike, "allow-unlike-machine", false, "also compare absolute numbers of unlike machines")
	return c
}
