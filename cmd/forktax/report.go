package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/record"
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
			} else if path, err = newest(results); err != nil {
				return err
			}
			analysis, err := stored(path)
			if err != nil {
				return err
			}
			if err := printed.check(); err != nil {
				return err
			}
			return errors.Join(printed.show(c.OutOrStdout(), analysis), printed.write(analysis))
		},
	}
	printed.flags(c)
	c.Flags().StringVar(&results, "results", defaultResults, "folder in which the runs' folders are")
	return c
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

// stored reads a result that was kept: from the folder of a run, from the result.json that is left of one, or from a
// file like that. What is none is a mistake of whoever named it.
func stored(path string) (*analysis.Analysis, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, usagef("reading a result: %w; the folder of a run is needed, or its result.json", err)
	}
	if !info.IsDir() {
		return kept(path)
	}
	a, err := analysisOf(path)
	if errors.Is(err, fs.ErrNotExist) {
		file := filepath.Join(path, resultFile)
		if _, missing := os.Stat(file); missing == nil {
			return kept(file)
		}
		err = fmt.Errorf("no run is in the folder %s: %w; one is needed that forktax run made", path, err)
	}
	if err != nil {
		return nil, usageError{err}
	}
	return a, nil
}

func kept(file string) (*analysis.Analysis, error) {
	a, err := analysis.ReadAnalysis(file)
	if err != nil {
		return nil, usageError{err}
	}
	return a, nil
}

// analysisOf reads and analyses the run in dir.
func analysisOf(dir string) (*analysis.Analysis, error) {
	result, err := record.Read(dir)
	if err != nil {
		return nil, err
	}
	return analysis.Analyze(result)
}
