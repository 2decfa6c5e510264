package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/revision"
	"forktax/bench/stats/sequential"
	"forktax/bench/subject"
)

// The variants of a check.
const (
	baseSide      = "base"
	candidateSide = "candidate"
	controlSide   = "control"
)

// errRegression is what ends a check that found one.
var errRegression = errors.New("regression")

// checkOptions are what the flags of check say.
type checkOptions struct {
	base, candidate       string // paths of programs, or names of workloads
	baseRef, candidateRef string // of git
	build                 string
	requests              []string
	body                  string
	margin, mustCatch     share
	alpha                 share
	budget                time.Duration
	gates                 []string
	gatesNamed            bool
	data                  databaseOptions
	baseline              string // a stored result, in place of a base
	unlike                bool   // it may be of another machine
	different             bool
	all                   bool // nothing may be left out
	seed                  uint64
	results               string
}

func checkCommand(atOnce <-chan struct{}) *cobra.Command {
	o := checkOptions{margin: sequential.DefaultMargin, mustCatch: sequential.DefaultMustCatch, alpha: sequential.DefaultAlpha,
		data: databaseOptions{Database: embedded}}
	var printed output
	c := &cobra.Command{
		Use:   "check",
		Short: "Decide whether a candidate costs more than its base: pass, regression or inconclusive",
		Long: `Check starts two programs in turn, in short blocks and random order, and decides by a test whose rate of
false alarms is known. The programs are CGI executables in any language, or two builds of a workload
program. It ends as soon as it is sure; an alarm counts when it has been confirmed at fresh starts.

Exit status: 0 no regression; 1 a regression, or programs that do not answer the same; 3 inconclusive, with
what would decide it. Whatever is missing, it is not a pass. Counts need strace; where it cannot trace they are
left out, which the report says, and the other gates decide. Each check proves that it can fail: it must find
the candidate slower when its host delays it by --must-catch.`,
		Example: `  forktax check --base ./old.cgi --candidate ./new.cgi
  forktax check --base ./old.py --candidate ./new.py --request '/?page=2' --gates response_p50,cpu_per_request
  forktax check --baseline results/20260102-150405-a1b2/result.json --candidate ./new.cgi
  forktax check --base-ref main --build 'go build -o {out} ./cmd/app'`,
		Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			o.gatesNamed = c.Flags().Changed("gates")
			if err := o.check(); err != nil {
				return usageError{err}
			}
			if err := printed.check(); err != nil {
				return err
			}
			return o.decide(c.Context(), &subject.Launcher{Exporter: ownPath(), AtOnce: atOnce}, printed, c.OutOrStdout(),
				c.ErrOrStderr())
		},
	}
	f := c.Flags()
	counted, measured := analysis.Gated()
	f.StringVar(&o.base, "base", "", "what the candidate is held against: the path of a CGI executable or a workload program")
	f.StringVar(&o.candidate, "candidate", "", "what is checked: likewise")
	f.StringVar(&o.baseRef, "base-ref", "", "in place of --base, a commit of git, from which --build makes it")
	f.StringVar(&o.candidateRef, "candidate-ref", "", "likewise of the candidate; by default HEAD")
	f.StringVar(&o.build, "build", "", "the command that builds a commit, with {out} where it is to put the program")
	f.StringVar(&o.baseline, "baseline", "", "in place of --base, a stored result.json of a check or a run; only what the program "+
		"costs over the floor is compared, which is weaker than to measure both")
	f.BoolVar(&o.unlike, "allow-unlike-machine", false, "compare with --baseline though it was made on another machine")
	f.StringArrayVar(&o.requests, "request", nil, "what is sent: a path such as '/?page=2', with a method before it if it is "+
		"not GET, or the name of a workload's request; may be given several times; by default / or all of the workload's")
	f.StringVar(&o.body, "body", "", "of the requests, which are then POST")
	f.Var(&o.margin, "margin", "so much more is no regression")
	f.Var(&o.mustCatch, "must-catch", "so much more must be found: a pass excludes it")
	f.Var(&o.alpha, "alpha", "the rate of false alarms, over all gates")
	f.DurationVar(&o.budget, "budget", time.Minute, "how long it may take; it ends earlier if it is sure")
	f.StringSliceVar(&o.gates, "gates", slices.Concat(counted, measured), "by what it is judged, in this order")
	f.BoolVar(&o.different, "allow-different-answers", false, "check also what does not answer the same")
	requireAllFlag(f, &o.all)
	f.Uint64Var(&o.seed, "seed", 0, "of all that is random; 0 draws one")
	o.data.flags(f)
	f.StringVar(&o.results, "results", defaultResults, "folder in which the run's folder is made")
	printed.flags(c)
	return c
}

// shortestBudget is that of a check: it takes 16 starts of the targets to look at them for the first time.
const shortestBudget = time.Second

// leastAlpha is the smallest that can be asked for: signs are drawn four times as often as it is rare, for each gate.
const leastAlpha share = 0.0001

func (o *checkOptions) check() error {
	counted, measured := analysis.Gated()
	known := slices.Concat(counted, measured)
	switch {
	case o.baseRef != "" && o.base != "":
		return mistaken("base-ref", "%q: there is a --base, too; one of them is needed", o.baseRef)
	case o.candidateRef != "" && o.candidate != "":
		return mistaken("candidate-ref", "%q: there is a --candidate, too; one of them is needed", o.candidateRef)
	case o.baseline != "" && (o.base != "" || o.baseRef != ""):
		return mistaken("baseline", "%q: there is a base to be measured, too; one of them is needed", o.baseline)
	case o.baseline != "" && o.candidate == "":
		return mistaken("candidate", "is missing: name a program to be held against --baseline")
	case o.unlike && o.baseline == "":
		return mistaken("allow-unlike-machine", "is for --baseline, which is missing")
	case o.base == "" && o.baseRef == "" && o.baseline == "":
		return mistaken("base", "is missing: name a program, or a commit by --base-ref")
	case o.candidate == "" && o.candidateRef == "" && o.baseRef == "":
		return mistaken("candidate", "is missing: name a program, or a commit by --candidate-ref")
	case o.build == "" && (o.baseRef != "" || o.candidateRef != ""):
		return mistaken("build", "is missing: it is needed to build a commit, such as 'go build -o {out} ./cmd/app'")
	case o.build != "" && o.baseRef == "" && o.candidateRef == "":
		return mistaken("build", "is for --base-ref and --candidate-ref, of which there is none")
	case o.build != "" && !strings.Contains(o.build, revision.Placeholder):
		return mistaken("build", "%q does not say where the program is to go: it needs %s, as in 'go build -o %[2]s ./cmd/app'",
			o.build, revision.Placeholder)
	case o.margin < 0:
		return mistaken("margin", "%s: 0 %% or more is needed", o.margin.String())
	case o.mustCatch <= o.margin:
		return mistaken("must-catch", "%s: more than the margin is needed, which is %s", o.mustCatch.String(), o.margin.String())
	case o.alpha < leastAlpha || o.alpha >= 0.5:
		return mistaken("alpha", "%s: at least %s and less than 50%% is needed", o.alpha.String(), new(leastAlpha).String())
	case o.budget < shortestBudget:
		return mistaken("budget", "%v: at least %v is needed", o.budget, shortestBudget)
	case len(o.gates) == 0:
		return mistaken("gates", "is empty; there are %s", strings.Join(known, ", "))
	}
	for i, g := range o.gates {
		if !slices.Contains(known, g) {
			return mistakenAt("gates", i, "%q is unknown; there are %s", g, strings.Join(known, ", "))
		}
		if slices.Contains(o.gates[:i], g) {
			return mistakenAt("gates", i, "%q is there twice", g)
		}
	}
	if len(o.gatesOf(measured)) == 0 {
		return mistaken("gates", "%s are all counted; one that is measured is needed, of %s", strings.Join(o.gates, ", "),
			strings.Join(measured, ", "))
	}
	return o.data.check()
}

// gatesOf lists the gates that are wanted, in their order, of those of a kind.
func (o *checkOptions) gatesOf(kind []string) []string {
	return slices.DeleteFunc(slices.Clone(o.gates), func(g string) bool { return !slices.Contains(kind, g) })
}

// decide makes a check, reports it, and says by its error what it came to.
func (o *checkOptions) decide(ctx context.Context, l *subject.Launcher, printed output, stdout,
	stderr io.Writer) error {
	if o.seed == 0 {
		o.seed = 1 + rand.Uint64N(1_000_000)
	}
	if err := o.countable(ctx); err != nil {
		return err
	}
	finder := o.data.finder(stderr)
	contest, err := o.contest(ctx, finder, stderr)
	if err != nil {
		return err
	}
	contest.equip(l)
	if err := o.data.suits(l); err != nil {
		return usageError{err}
	}
	database, stop, err := o.data.start(ctx, l, stderr)
	if err != nil {
		return err
	}
	run, err := contest.prepare(ctx, l, finder, database)
	if err != nil {
		return errors.Join(err, stop())
	}
	if err := o.omitted(run.plan, stderr); err != nil {
		return errors.Join(err, stop())
	}
	run.stop = stop
	dir, failure, unwritten := run.carryOut(ctx, o.results, stderr)
	failure = errors.Join(failure, unwritten)
	if dir == "" || isClosed(l.AtOnce) {
		return failure
	}
	analysis, err := reported(dir, failure, printed, stdout, stderr)
	if failure != nil || err != nil {
		return errors.Join(failure, err)
	}
	return verdictOf(analysis.Check)
}

// omitted prints what the check leaves out, a line each. It is an error if something is missing and nothing may be.
func (o *checkOptions) omitted(p plan.Plan, stderr io.Writer) error {
	omissions := analysis.Omissions(p.Check.LeftOut)
	if p.NoFloor != "" {
		omissions = append(omissions, "the floor: "+p.NoFloor)
	}
	if o.all && o.baseline == "" && len(omissions) > 0 { // a stored base has no counts, whatever is installed
		return fmt.Errorf("--%s: %s", requireAll, strings.Join(omissions, "; "))
	}
	for _, omission := range omissions {
		fmt.Fprintf(stderr, "left out: %s\n", omission)
	}
	return nil
}

// verdictOf is nil for a pass.
func verdictOf(c *analysis.Check) error {
	switch c.Verdict {
	case analysis.Pass:
		return nil
	case analysis.Regression:
		return fmt.Errorf("%w: %s", errRegression, c.Why)
	}
	return fmt.Errorf("%w: %s; it would take %s", errInconclusive, c.Why, c.Needs)
}

// built has a commit built.
func (o *checkOptions) built(ctx context.Context, option, ref string, stderr io.Writer) (source, error) {
	b, err := revision.Builder{Command: o.build, Log: stderr}.Build(ctx, ref)
	var unknown *revision.UnknownError
	if errors.As(err, &unknown) {
		return source{}, usageError{mistaken(option+"-ref", "%v", err)}
	}
	if err != nil {
		return source{}, err
	}
	title := ref
	if !strings.HasPrefix(b.Commit, ref) && b.Describe != ref {
		title = fmt.Sprintf("%s (%s)", ref, b.Describe)
	}
	return source{option, title, b.Path}, nil
}
