package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"forktax/bench/calibrate"
	"forktax/bench/plan"
	"forktax/bench/progress"
	"forktax/bench/subject"
)

// calibrateOptions holds the flags of calibrate.
type calibrateOptions struct {
	Quick, Full bool
	Only        []string
	Out         string
	Seed        uint64
	Seeded      bool // the command line has --seed
	Hostile     bool
	Restart     bool
	Part        plan.Part
}

func calibrateCommand(atOnce <-chan struct{}) *cobra.Command {
	var o calibrateOptions
	c := &cobra.Command{
		Use:   "calibrate",
		Short: "Test forktax against ground truth on this machine, and write a certificate",
		Long: `Calibrate tests forktax against known truth: a server that records what it really did, queueing
theory, programs that are identical or differ by a known amount, and faulty load generators that must be
detected. It writes certificate.json and certificate.md into --out, with the measured value, its uncertainty,
the limit and the verdict of each property.

An interrupted calibration continues when the same command is run again. With --part, several machines share the work:
each measures one part into its own directory, and forktax merge makes one certificate of all parts. Exit status: 0 if
all measured properties passed, 3 if one could not be judged, 4 if one failed.`,
		Example: `  forktax calibrate
  forktax calibrate --only gain,stall
  forktax calibrate --full --hostile --out results/calibration-full
  forktax calibrate --full --seed 1 --part 2/8 --out part-2`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Quick && o.Full {
				return usagef("--quick cannot be combined with --full")
			}
			o.Seeded = c.Flags().Changed("seed")
			return o.measure(c.Context(), atOnce, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.BoolVar(&o.Quick, "quick", false, "take about ten minutes (the default)")
	f.BoolVar(&o.Full, "full", false, "measure all properties at full length, which takes hours")
	f.StringSliceVar(&o.Only, "only", nil, "properties to measure (default all): "+
		strings.Join(calibrate.Names(), ", "))
	f.StringVar(&o.Out, "out", filepath.Join(defaultResults, "calibration"),
		"directory of the certificate, and of the state of an interrupted calibration")
	f.Uint64Var(&o.Seed, "seed", 0, "random seed (default: that of the interrupted calibration, or a new one)")
	f.BoolVar(&o.Hostile, "hostile", false, "also measure beside processes that use the CPU, fork, and fill the memory")
	f.BoolVar(&o.Restart, "restart", false, "discard the interrupted calibration in --out")
	partFlag(f, &o.Part)
	return c
}

// measure runs the calibration and prints the certificate, even if properties are missing.
func (o calibrateOptions) measure(ctx context.Context, atOnce <-chan struct{}, stdout, stderr io.Writer) error {
	properties, err := calibrate.Named(o.Only)
	if err != nil {
		return usagef("--only: %w", err)
	}
	for _, p := range properties {
		switch {
		case len(o.Only) > 0 && p.Hostile && !o.Hostile:
			return usagef("--only %s: give --hostile, too", p.Name)
		case len(o.Only) > 0 && p.Long && !o.Full:
			return usagef("--only %s: give --full, too", p.Name)
		}
	}
	finder := subject.NewFinder(stderr)
	order := calibrate.Options{Dir: o.Out, Restart: o.Restart, Properties: properties, Header: calibrate.Header{
		Version: version(), Mode: calibrate.ModeQuick, Hostile: o.Hostile, Seed: o.Seed, Part: o.Part}}
	if o.Full {
		order.Mode = calibrate.ModeFull
	}
	programs, err := order.Prepare(ctx, finder, ownPath(), o.Seeded)
	if err != nil {
		return err
	}
	p := progress.New(stderr, plan.Plan{})
	defer p.End()
	lab := &calibrate.Lab{Seed: order.Seed, Full: o.Full, Hostile: o.Hostile, Programs: programs, Kill: atOnce,
		Command: ownPath(), Finder: finder, Helper: []string{ownPath(), toolCommand}, Progress: p.ShowCalibration}
	certificate, err := calibrate.Run(ctx, lab, order)
	p.End()
	var unlike *calibrate.UnlikeError
	if errors.As(err, &unlike) {
		return &subject.UsageError{Err: err}
	}
	if certificate == nil {
		return err
	}
	if printed := certificate.Markdown(stdout); printed != nil {
		return errors.Join(err, printed)
	}
	fmt.Fprintf(stderr, "certificate: %s\n", filepath.Join(o.Out, "certificate.md"))
	if err != nil {
		return err
	}
	return certified(certificate)
}

// certified returns the error that determines the exit status, or nil if all properties passed.
func certified(c *calibrate.Certificate) error {
	if failed := c.WithVerdict(calibrate.Failed); len(failed) > 0 {
		return fmt.Errorf("%w: %s failed", errNotCalibrated, strings.Join(failed, ", "))
	}
	unjudged := append(c.WithVerdict(calibrate.Unjudged), c.WithVerdict(calibrate.Unmeasured)...)
	if len(unjudged) > 0 || c.Verdict == calibrate.Unjudged {
		return fmt.Errorf("%w: could not judge %s; run forktax calibrate again", errInconclusive,
			cmp.Or(strings.Join(unjudged, ", "), "any property that was not skipped"))
	}
	return nil
}
