package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"runtime/debug"

	"github.com/spf13/cobra"

	"forktax/bench/calibrate"
	"forktax/bench/merge"
	"forktax/bench/subject"
)

func mergeCommand() *cobra.Command {
	var printed output
	var results string
	c := &cobra.Command{
		Use:   "merge PART...",
		Short: "Make one result of the parts that run, check or calibrate --part has measured",
		Long: `Merge puts the parts together that several machines have measured, and analyses all of their
observations as one run. It takes all parts of one run, check or calibration: run directories, directories with
one run directory, or certificate.json files. Merged runs are written below --results, and reported like others;
--out of a calibration is the directory of the certificate (default results/calibration-merged).

A part that began late, was killed, or whose clock differs is named, and what not all parts measured at the same
time is not evaluated. Of a check, parts may be missing: if at most a fifth are lost, the others decide. Parts of
different plans or versions are refused. Exit status: that of forktax run, check or calibrate.`,
		Example: `  forktax merge part-1 part-2 part-3 part-4
  forktax merge --format json results/*/
  forktax merge --out results/fleet parts/*/certificate.json`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usagef("no part given; name all of them, as in forktax merge part-1 part-2; see %s --help", c.CommandPath())
			}
			if calibrate.IsCertificate(args[0]) {
				return mergeCertificates(c, args, cmp.Or(printed.out, filepath.Join(defaultResults, "calibration-merged")))
			}
			if err := printed.check(results); err != nil {
				return err
			}
			debug.SetGCPercent(mergeGC)
			parts, err := merge.Read(args, version())
			if err != nil {
				return &subject.UsageError{Err: err}
			}
			dir, err := parts.Merge(c.Context(), results)
			if err != nil {
				return err
			}
			a, err := reported(dir, nil, printed, c.OutOrStdout(), c.ErrOrStderr())
			if err != nil {
				return err
			}
			if a.Check != nil {
				return verdictOf(a.Check)
			}
			if !a.Run.Complete {
				return fmt.Errorf("the run is not complete: %s", a.Run.Condition)
			}
			return unfitFor(a)
		},
	}
	c.Flags().StringVar(&results, "results", defaultResults, "directory in which the merged run directory is created")
	printed.flags(c)
	return c
}

// mergeGC keeps the garbage small of merging: there may be a hundred million observations.
const mergeGC = 20

// mergeCertificates merges certificates into the directory out.
func mergeCertificates(c *cobra.Command, args []string, out string) error {
	for _, flag := range []string{"format", "details", "results"} {
		if c.Flags().Changed(flag) {
			return usagef("--%s does not apply to certificates", flag)
		}
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
}
