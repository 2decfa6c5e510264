package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"forktax/bench/machine"
	"forktax/bench/report"
)

func doctorCommand() *cobra.Command {
	var results, format string
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say whether this machine is fit to measure on, and what to do if it is not",
		Long: `Doctor watches the machine for two seconds, and looks at its limits and at what is installed. It says what it
found, what that would spoil, and what to do. Nothing is changed. It ends with exit status 3 if a run here would be
inconclusive, or fail.`,
		Example: `  forktax doctor
  forktax doctor --format json | jq '.findings[] | select(.verdict != "ok")'`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			print, err := formatNamed(format, report.Assessments)
			if err != nil {
				return err
			}
			facts, err := machine.Probe(c.Context(), results)
			if err != nil {
				return err
			}
			e := machine.Assess(facts)
			return errors.Join(print(c.OutOrStdout(), e), unfit(e))
		},
	}
	c.Flags().StringVar(&results, "results", defaultResults, "folder that runs would be written to")
	formatFlag(c.Flags(), &format, report.Assessments)
	return c
}

// unfit is an error if a run on the machine would be inconclusive.
func unfit(e *machine.Assessment) error {
	var limits []string
	for _, f := range e.Findings {
		if f.Verdict == machine.Unfit {
			limits = append(limits, fmt.Sprintf("%s (%s)", f.Name, f.Found))
		}
	}
	if len(limits) == 0 {
		return nil
	}
	return fmt.Errorf("%w: a run on this machine would be, or would fail: %s", errInconclusive, strings.Join(limits, "; "))
}
