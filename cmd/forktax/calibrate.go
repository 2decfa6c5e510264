package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/calibrate"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/subject"
)

// calibrateOptions are what the command line says of a calibration.
type calibrateOptions struct {
	Quick, Full bool
	Only        []string
	Out         string
	Seed        uint64
	Seeded      bool // the command line names the seed
	Hostile     bool
	Restart     bool
}

func calibrateCommand(atOnce <-chan struct{}) *cobra.Command {
	var o calibrateOptions
	c := &cobra.Command{
		Use:   "calibrate",
		Short: "Prove that what forktax says is true, and write a certificate of it",
		Long: `Calibrate holds forktax against what is known by other means: a server that records what it really did,
queueing theory, programs that are identical or differ by a known amount, and load generators that are wrong on purpose,
each of which must be found out. It writes certificate.json and certificate.md into --out, with what was measured, how
sure it is, the limit and the verdict of each property.

If it is interrupted, the same command goes on where it was. Exit status: 0 if all that was measured passed, 1 if a
property failed, 3 if one could not be judged.`,
		Example: `  forktax calibrate
  forktax calibrate --only gain,stall
  forktax calibrate --full --hostile --out results/calibration-full`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Quick && o.Full {
				return usagef("--quick and --full exclude each other")
			}
			o.Seeded = c.Flags().Changed("seed")
			return o.measure(c.Context(), atOnce, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	f.BoolVar(&o.Quick, "quick", false, "take less than ten minutes, which is the default")
	f.BoolVar(&o.Full, "full", false, "take as long as it takes: hours")
	f.StringSliceVar(&o.Only, "only", nil, fmt.Sprintf("the properties to measure, by default all: %s",
		propertyNames()))
	f.StringVar(&o.Out, "out", filepath.Join(defaultResults, "calibration"), "folder for the certificate and for what "+
		"goes on there")
	f.Uint64Var(&o.Seed, "seed", 0, "of all that is random; by default that of what goes on, or one that is drawn")
	f.BoolVar(&o.Hostile, "hostile", false, "measure also with neighbours that take the processor, fork, and fill the "+
		"memory")
	f.BoolVar(&o.Restart, "restart", false, "begin anew, whatever --out has")
	return c
}

func propertyNames() string {
	var names []string
	for _, p := range calibrate.Properties() {
		names = append(names, p.Name)
	}
	return strings.Join(names, ", ")
}

// measure makes the calibration and prints the certificate, also one with properties missing.
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
	order, programs, err := o.order(ctx, properties, stderr)
	if err != nil {
		return err
	}
	p := newProgress(stderr, plan.Plan{})
	defer p.end()
	self := order.self
	finder := subject.NewFinder(stderr)
	lab := &calibrate.Lab{Seed: order.Seed, Full: o.Full, Hostile: o.Hostile, Programs: programs, AtOnce: atOnce,
		Progress: p.calibrating, Check: func(ctx context.Context, w calibrate.CheckWanted) (analysis.Check, error) {
			return liveCheck(ctx, atOnce, finder, w)
		},
		Tool: func(args ...string) *exec.Cmd { return exec.Command(self, append([]string{toolCommand}, args...)...) },
	}
	certificate, err := calibrate.Run(ctx, lab, order.Order)
	p.end()
	var unlike *calibrate.UnlikeError
	if errors.As(err, &unlike) {
		return usageError{err}
	}
	if certificate == nil {
		return err
	}
	if printed := certificate.Markdown(stdout); printed != nil {
		return errors.Join(err, printed)
	}
	fmt.Fprintf(stderr, "the certificate: %s\n", filepath.Join(o.Out, "certificate.md"))
	if err != nil {
		return err
	}
	return certified(certificate)
}

// liveCheck makes a check as check does, and leaves nothing behind.
func liveCheck(ctx context.Context, atOnce <-chan struct{}, finder *subject.Finder, w calibrate.CheckWanted) (
	analysis.Check, error) {
	counted, gates := analysis.Gated()
	o := &checkOptions{margin: share(w.Margin), mustCatch: share(w.MustCatch), alpha: share(w.Alpha), budget: w.Budget,
		gates: slices.Concat(counted, gates), seed: w.Seed}
	c := &contest{checkOptions: o, workload: w.Program.Description}
	for i, env := range []map[string]string{w.Base, w.Candidate} {
		title := []string{baseSide, candidateSide}[i]
		c.sides[i] = side{title: title, path: w.Program.Path, keeps: &w.Program, env: env}
	}
	launcher := &subject.Launcher{Exporter: ownPath(), AtOnce: atOnce}
	c.equip(launcher)
	run, err := c.prepare(ctx, launcher, finder, nil)
	if err != nil {
		return analysis.Check{}, err
	}
	results, err := os.MkdirTemp("", "forktax-")
	if err != nil {
		return analysis.Check{}, fmt.Errorf("making a folder for a check: %w", err)
	}
	defer os.RemoveAll(results)
	dir, failure, unwritten := run.carryOut(ctx, results, io.Discard)
	if err := errors.Join(failure, unwritten); err != nil {
		return analysis.Check{}, err
	}
	a, err := analysisOf(dir)
	if err != nil {
		return analysis.Check{}, err
	}
	return *a.Check, nil
}

// certified is the error that gives the command its exit status, nil if all passed.
func certified(c *calibrate.Certificate) error {
	var failed, unjudged []string
	for _, p := range c.Properties {
		switch {
		case p.Beside:
		case p.Verdict == calibrate.Failed:
			failed = append(failed, p.Name)
		case p.Verdict != calibrate.Passed:
			unjudged = append(unjudged, p.Name)
		}
	}
	switch {
	case len(failed) > 0:
		return fmt.Errorf("not calibrated: %s failed", strings.Join(failed, ", "))
	case len(unjudged) > 0:
		return fmt.Errorf("%w: %s could not be judged; the same command measures it again", errInconclusive,
			strings.Join(unjudged, ", "))
	}
	return nil
}

// An ordered calibration knows also which forktax makes it.
type ordered struct {
	calibrate.Order
	self string
}

// order finds the programs and says what is to be measured.
func (o calibrateOptions) order(ctx context.Context, properties []calibrate.Property, stderr io.Writer) (ordered,
	map[string]subject.Program, error) {
	self := ownPath()
	if self == "" {
		return ordered{}, nil, errors.New("the file of this command cannot be found, which has to be started again " +
			"for a server")
	}
	seed, goesOn := calibrate.SeedIn(o.Out)
	switch {
	case o.Seeded:
		seed = o.Seed
	case !goesOn || o.Restart:
		seed = rand.Uint64N(1_000_000)
	}
	mode := "quick"
	if o.Full {
		mode = "full"
	}
	r := ordered{self: self, Order: calibrate.Order{Dir: o.Out, Restart: o.Restart, Properties: properties,
		Environment: machine.Environment(), Header: calibrate.Header{Version: version(), Mode: mode, Hostile: o.Hostile,
			Seed: seed, Programs: map[string]string{}, Started: time.Now()}}}
	var names []string
	for _, p := range properties {
		names = append(names, p.Programs...)
	}
	slices.Sort(names)
	found, err := subject.NewFinder(stderr).Find(ctx, slices.Compact(names))
	if err != nil {
		return ordered{}, nil, err
	}
	programs := map[string]subject.Program{}
	paths := map[string]string{"forktax": self}
	for _, p := range found {
		programs[p.Name], paths[p.Name] = p, p.Path
	}
	for name, path := range paths {
		described, err := machine.Program(name, path)
		if err != nil {
			return ordered{}, nil, err
		}
		r.Programs[name] = described.SHA256
		r.Environment.Programs = append(r.Environment.Programs, described)
	}
	return r, programs, nil
}
