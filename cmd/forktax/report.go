package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"forktax/bench"
	"forktax/bench/report"
)

func reportCommand() *cobra.Command {
	var results, format string
	c := &cobra.Command{
		Use:   "report [FOLDER]",
		Short: "Print the report of a run again, by default of the newest",
		Example: `  forktax report --format markdown
  forktax report results/20260102-150405-a1b2`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("the folder of one run is needed, and %d were given: %q", len(args), args)
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			print, err := formatNamed(format)
			if err != nil {
				return err
			}
			dir := ""
			if len(args) == 1 {
				dir = args[0]
			} else if dir, err = newest(results); err != nil {
				return err
			}
			analysis, err := analysisOf(dir)
			if err != nil {
				return err
			}
			return print(c.OutOrStdout(), analysis)
		},
	}
	formatFlag(c, &format)
	c.Flags().StringVar(&results, "results", defaultResults, "folder in which the runs' folders are")
	return c
}

func formatFlag(c *cobra.Command, format *string) {
	c.Flags().StringVar(format, "format", "text", fmt.Sprintf("of what is printed: %v", report.Formats()))
}

func formatNamed(name string) (report.Format, error) {
	format, ok := report.Named(name)
	if !ok {
		return nil, usagef("--format %q is unknown; there are %v", name, report.Formats())
	}
	return format, nil
}

// newest returns the folder of the newest run below results. The names of runs begin with the time.
func newest(results string) (string, error) {
	entries, err := os.ReadDir(results)
	if err != nil {
		return "", fmt.Errorf("looking for the newest run: %w", err)
	}
	for i := len(entries) - 1; i >= 0; i-- {
		if name := entries[i].Name(); entries[i].IsDir() && name[0] >= '0' && name[0] <= '9' {
			return filepath.Join(results, name), nil
		}
	}
	return "", fmt.Errorf("no run is in %s; forktax run makes one", results)
}

// analysisOf reads and analyses the run in dir.
func analysisOf(dir string) (*report.Analysis, error) {
	result, err := bench.ReadResult(dir)
	if err != nil {
		return nil, err
	}
	return report.Analyze(result)
}
