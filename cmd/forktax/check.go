package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/check"
	"forktax/bench/run"
	"forktax/bench/servers"
	"forktax/bench/stats/sequential"
	"forktax/bench/subject"
)

// checkOptions holds the flags of check.
type checkOptions struct {
	check.Options
	margin           check.MarginFlag
	mustCatch, alpha check.Share
	data             servers.Options
	results          string
}

func checkCommand(atOnce <-chan struct{}) *cobra.Command {
	o := checkOptions{margin: check.MarginFlag{All: sequential.DefaultMargin}, mustCatch: sequential.DefaultMustCatch,
		alpha: sequential.DefaultAlpha, data: servers.Options{Database: servers.Embedded}}
	var printed output
	c := &cobra.Command{
		Use:   "check",
		Short: "Decide whether a candidate costs more than its base: pass, regression or inconclusive",
		Long: `Check measures two programs at the same time, one request of each in turn, and decides by a sequential
test with a known rate of false alarms. The programs are CGI executables in any language, or two builds of a
workload program. It ends as soon as the result is certain. An alarm counts only when it is confirmed at new starts.

Exit status: 0 no regression; 1 failed, for example because responses differ; 3 inconclusive or not confirmed, with
what would decide it; 4 a regression. Counts need strace; without it the report lists them as left out, and the other
gates decide. Each check has a positive control: it must detect a delay of --must-catch.`,
		Example: `  forktax check --base ./old.cgi --candidate ./new.cgi
  forktax check --base ./old.py --candidate ./new.py --request '/?page=2' --gates response_p50,cpu_per_request
  forktax check --base-result results/20260102-150405-a1b2/result.json --candidate ./new.cgi
  forktax check --base ./old.py --candidate ./new.py --margin 5% --margin files_opened=50%,+30 --margin processes=+1
  forktax check --base-ref main --build 'go build -o {out} ./cmd/app'
  forktax check --base-ref HEAD --candidate-ref worktree --build 'go build -o {out} ./cmd/app'`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			if !c.Flags().Changed("confirm-budget") {
				o.ConfirmBudget = o.Budget
			}
			o.GatesNamed = c.Flags().Changed("gates")
			o.Margin, o.Margins = float64(o.margin.All), o.margin.ByGate
			o.MustCatch, o.Alpha = float64(o.mustCatch), float64(o.alpha)
			if err := cmp.Or(o.Validate(), o.data.Validate()); err != nil {
				return err
			}
			if err := printed.check(o.results); err != nil {
				return err
			}
			l := &subject.Launcher{Exporter: ownPath(), Kill: atOnce, Messages: c.ErrOrStderr()}
			return o.decide(c.Context(), l, printed, c.OutOrStdout(), c.ErrOrStderr())
		},
	}
	f := c.Flags()
	counted, measured := analysis.Gated()
	f.StringVar(&o.Base, "base", "", "baseline: the path of a CGI executable, or a workload program")
	f.StringVar(&o.Candidate, "candidate", "", "candidate: the path of a CGI executable, or a workload program")
	f.StringVar(&o.BaseRef, "base-ref", "", "git commit from which --build builds the baseline, instead of --base")
	f.StringVar(&o.CandidateRef, "candidate-ref", "",
		"git commit of the candidate (default HEAD); worktree: the working tree with its "+
			"uncommitted changes")
	f.StringVar(&o.Build, "build", "",
		"command that builds a commit; {out} is the path of the executable that it must write")
	f.StringVar(&o.BaseResult, "base-result", "",
		"stored result.json of a check or run, instead of --base; compares only the overhead "+
			"over the floor, which is weaker than measuring both")
	f.BoolVar(&o.AllowUnlikeMachine, "allow-unlike-machine", false, "accept a --base-result of another machine")
	programFlags(&o.Spec, f)
	requestFlags(&o.Spec, f)
	responseFlags(&o.Spec, f)
	f.Var(&o.margin, "margin", "largest increase that is not a regression, of all measured gates; may be repeated "+
		"for single gates: cpu_per_request=5%, or of a count files_opened=20%,+10, where only an increase above both is a "+
		"regression; by default files_opened=20%,+10, and none for processes and connections")
	f.Var(&o.mustCatch, "must-catch", "smallest increase that the check must be able to detect: a pass excludes it")
	f.Var(&o.alpha, "alpha", "false alarm rate over all gates")
	f.DurationVar(&o.Budget, "budget", check.DefaultBudget, "longest duration; the check ends as soon as it is decided")
	f.DurationVar(&o.ConfirmBudget, "confirm-budget", 0, "additional time to confirm an alarm")
	f.Lookup("confirm-budget").DefValue = "as --budget"
	f.StringSliceVar(&o.Gates, "gates", slices.Concat(counted, measured), "gates, in the order of the report")
	requireAllFlag(f, &o.RequireAll)
	f.Uint64Var(&o.Seed, "seed", 0, "random seed (0: choose one)")
	partFlag(f, &o.Part)
	databaseFlags(&o.data, f)
	f.StringVar(&o.results, "results", defaultResults, "directory in which the run directory is created")
	printed.flags(c)
	return c
}

// decide executes a check, reports it, and returns an error unless it passed.
func (o *checkOptions) decide(ctx context.Context, l *subject.Launcher, printed output, stdout,
	stderr io.Writer) error {
	if o.Seed == 0 {
		o.Seed = 1 + rand.Uint64N(1_000_000)
	}
	o.Outputs = []string{o.results, printed.out}
	e, err := o.Prepare(ctx, l, &o.data, stderr)
	if err != nil {
		return err
	}
	e.Results, e.Version = o.results, version()
	dir, failure := execute(ctx, e, l, stderr)
	if dir == "" {
		return failure.all()
	}
	a, err := reported(dir, failure.all(), printed, stdout, stderr)
	if err == nil && errors.Is(failure.all(), run.ErrNoneRight) && a.Check.Verdict == analysis.Regression {
		return verdictOf(a.Check) // the candidate fails, which ended the check
	}
	if err := errors.Join(failure.all(), err); err != nil || o.Part.Of > 0 { // the merge of all parts decides
		return err
	}
	return verdictOf(a.Check)
}

// verdictOf returns the error of a verdict, or nil for a pass.
func verdictOf(c *analysis.Check) error {
	switch c.Verdict {
	case analysis.Pass:
		return nil
	case analysis.Regression:
		return fmt.Errorf("%w: %s", errRegression, c.Why)
	case analysis.Failed:
		return errors.New(c.Why)
	}
	err := errInconclusive
	if c.Verdict == analysis.Unconfirmed {
		err = errUnconfirmed
	}
	if c.Needs == "" {
		return fmt.Errorf("%w: %s", err, c.Why)
	}
	return fmt.Errorf("%w: %s; it needs %s", err, c.Why, c.Needs)
}
