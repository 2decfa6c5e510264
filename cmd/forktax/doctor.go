package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"forktax/bench/check"
	"forktax/bench/machine"
	"forktax/bench/report"
	"forktax/bench/stats/sequential"
	"forktax/bench/subject"
)

func doctorCommand(atOnce <-chan struct{}) *cobra.Command {
	var results, format string
	measures := true
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Report whether this machine is fit for measurements, and what to do if it is not",
		Long: `Doctor watches the machine for two seconds, and examines its limits and installed programs. It then measures a
built-in program against itself for six seconds, and estimates from the noise the smallest change that forktax check
detects here within a minute. It reports what it found, the effect on measurements, and what to do. It changes nothing.
The exit status is 3 if a check or a run on this machine would be inconclusive or would fail.`,
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
			if measures {
				l := &subject.Launcher{Exporter: ownPath(), Kill: atOnce}
				found, why := check.SmallestChange(c.Context(), l, c.ErrOrStderr())
				if err := context.Cause(c.Context()); err != nil {
					return err
				}
				switch {
				case errors.Is(why, check.ErrNotTried):
					e.AddUnmeasured(why)
				case why != nil:
					e.AddFailedMeasurement(why)
				default:
					e.AddSmallestChange(found, sequential.DefaultMustCatch, check.DefaultBudget)
				}
			}
			return errors.Join(print(c.OutOrStdout(), e), unfit(e))
		},
	}
	c.Flags().StringVar(&results, "results", defaultResults, "directory of runs, whose disk is examined")
	c.Flags().BoolVar(&measures, "measure", true,
		"measure for six seconds to predict the smallest change that a check detects")
	formatFlag(c.Flags(), &format, report.Assessments)
	return c
}

// unfit returns an error if a run on the machine would be inconclusive.
func unfit(e *machine.Assessment) error {
	limits := e.Limits()
	if len(limits) == 0 {
		return nil
	}
	return fmt.Errorf("%w: this machine is not fit for measurements: %s", errInconclusive, strings.Join(limits, "; "))
}
