package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"forktax/bench/calibrate"
	"forktax/bench/subject"
)

func mergeCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "merge CERTIFICATE...",
		Short: "Make one certificate of the parts that calibrate --part has measured",
		Long: `Merge reads the certificates of all parts of a calibration: certificate.json files, or directories
that contain one. It judges the checks of all parts together, and lists them by CPU model. It writes
certificate.json and certificate.md into --out. The exit status is that of forktax calibrate.`,
		Example: `  forktax merge part-1 part-2 part-3
  forktax merge --out results/fleet parts/*/certificate.json`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("no certificate given; name those of all parts, as in forktax merge part-1 part-2; see %s --help",
					c.CommandPath())
			}
			certificate, err := calibrate.MergeFiles(args, version())
			if err != nil {
				return &subject.UsageError{Err: err}
			}
			if err := certificate.Write(out); err != nil {
				return err
			}
			if err := certificate.Markdown(c.OutOrStdout()); err != nil {
				return err
			}
			fmt.Fprintf(c.ErrOrStderr(), "certificate: %s\n", filepath.Join(out, "certificate.md"))
			return certified(certificate)
		},
	}
	c.Flags().StringVar(&out, "out", filepath.Join(defaultResults, "calibration-merged"),
		"directory of the merged certificate")
	return c
}
