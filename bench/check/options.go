package check

import (
	"slices"
	"strings"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/revision"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// The variants of a check.
const (
	baseName      = "base"
	candidateName = "candidate"
	controlName   = "control"
	// baseControlName is the name of the delayed base, which is the control where requests alternate.
	baseControlName = "base-control"
)

// Options describe a check.
type Options struct {
	Base, Candidate       string   // paths of programs, or names of workloads
	BaseRef, CandidateRef string   // git commits, or revision.WorkingTree
	Build                 string   // command that builds a commit
	Outputs               []string // paths of results, which are not part of a working tree
	subject.Spec
	Margin             float64                // largest increase of a measured gate that is not a regression; 0.03 is 3%
	Margins            map[string]plan.Margin // margins of single gates, by metric; counts without one have a default
	MustCatch          float64                // smallest increase that must be detected; 0.1 is 10%
	Alpha              float64                // rate of false alarms over all gates
	Budget             time.Duration
	ConfirmBudget      time.Duration // time to confirm an alarm after Budget
	Gates              []string      // metrics to check
	GatesNamed         bool          // the user chose the gates
	BaseResult         string        // path of a stored result, which replaces the base
	AllowUnlikeMachine bool          // the stored result may be of another machine
	RequireAll         bool          // no gate may be left out
	Seed               uint64
	Part               plan.Part // the part of a check that several machines measure
}

// DefaultBudget is the default Options.Budget.
const DefaultBudget = time.Minute

// shortestBudget is the smallest Options.Budget: the first look takes 16 starts of the targets.
const shortestBudget = time.Second

// leastAlpha is the smallest Options.Alpha: 4/alpha signs are drawn for each gate.
const leastAlpha = 0.0001

// Validate returns an error for the first option that is invalid.
func (o *Options) Validate() error {
	counted, measured := analysis.Gated()
	known := slices.Concat(counted, measured)
	switch {
	case o.BaseRef != "" && o.Base != "":
		return subject.InvalidOption("base-ref", "%q: cannot be combined with --base", o.BaseRef)
	case o.CandidateRef != "" && o.Candidate != "":
		return subject.InvalidOption("candidate-ref", "%q: cannot be combined with --candidate", o.CandidateRef)
	case o.BaseResult != "" && (o.Base != "" || o.BaseRef != ""):
		return subject.InvalidOption("base-result", "%q: cannot be combined with --base or --base-ref", o.BaseResult)
	case o.BaseResult != "" && o.Candidate == "":
		return subject.InvalidOption("candidate", "is missing: name the program to compare with --base-result")
	case o.AllowUnlikeMachine && o.BaseResult == "":
		return subject.InvalidOption("allow-unlike-machine", "requires --base-result")
	case o.Base == "" && o.BaseRef == "" && o.BaseResult == "":
		return subject.InvalidOption("base", "is missing: name a program, or a commit with --base-ref")
	case o.Candidate == "" && o.CandidateRef == "" && o.BaseRef == "":
		return subject.InvalidOption("candidate", "is missing: name a program, or a commit with --candidate-ref")
	case o.Build == "" && (o.BaseRef != "" || o.CandidateRef != ""):
		return subject.InvalidOption("build", "is missing: give the command that builds a commit, such as "+
			"'go build -o {out} ./cmd/app'")
	case o.Build != "" && o.BaseRef == "" && o.CandidateRef == "":
		return subject.InvalidOption("build", "requires --base-ref or --candidate-ref")
	case o.Build != "" && !strings.Contains(o.Build, revision.Placeholder):
		return subject.InvalidOption("build", "%q: must contain %s for the output path, as in 'go build -o %[2]s ./cmd/app'",
			o.Build, revision.Placeholder)
	case o.Margin < 0:
		return subject.InvalidOption("margin", "%s: must be at least 0%%", percent(o.Margin))
	case o.MustCatch <= o.Margin:
		return subject.InvalidOption("must-catch", "%s: must be greater than the margin (%s)", percent(o.MustCatch),
			percent(o.Margin))
	case o.MustCatch > contract.MaxDelay:
		return subject.InvalidOption("must-catch", "%s: must be at most %s", percent(o.MustCatch), percent(contract.MaxDelay))
	case o.Alpha < leastAlpha || o.Alpha >= 0.5:
		return subject.InvalidOption("alpha", "%s: must be at least %s and less than 50%%", percent(o.Alpha),
			percent(leastAlpha))
	case o.Budget < shortestBudget:
		return subject.InvalidOption("budget", "%v: must be at least %v", o.Budget, shortestBudget)
	case o.ConfirmBudget < 0:
		return subject.InvalidOption("confirm-budget", "%v: must not be negative", o.ConfirmBudget)
	case o.Part.Of == 1:
		return subject.InvalidOption("part", "1/1: a check in parts needs at least two machines, of which one confirms the "+
			"alarm of the other: leave it out for one machine")
	case o.Part.Of > 0 && o.BaseResult != "":
		return subject.InvalidOption("base-result", "cannot be combined with --part, in which each machine "+
			"measures both programs")
	case len(o.Gates) == 0:
		return subject.InvalidOption("gates", "is empty; gates are %s", strings.Join(known, ", "))
	}
	if err := o.Spec.Validate(); err != nil {
		return err
	}
	for i, g := range o.Gates {
		if !slices.Contains(known, g) {
			return subject.InvalidElement("gates", i, "%q: unknown gate; gates are %s", g, strings.Join(known, ", "))
		}
		if slices.Contains(o.Gates[:i], g) {
			return subject.InvalidElement("gates", i, "duplicate gate %q", g)
		}
	}
	if len(o.gatesIn(measured)) == 0 {
		return subject.InvalidOption("gates", "%s: all are counted; add at least one measured gate: %s",
			strings.Join(o.Gates, ", "), strings.Join(measured, ", "))
	}
	return o.validateMargins()
}

// gatesIn returns the elements of Gates that are in kind, in the order of Gates.
func (o *Options) gatesIn(kind []string) []string {
	return slices.DeleteFunc(slices.Clone(o.Gates), func(g string) bool { return !slices.Contains(kind, g) })
}
