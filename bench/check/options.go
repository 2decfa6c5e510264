package check

import (
	"slices"
	"strings"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/revision"
	"forktax/bench/subject"
)

// The variants of a check.
const (
	baseName      = "base"
	candidateName = "candidate"
	controlName   = "control"
	// baseControlName is what is launched as the control where that is the base.
	baseControlName = "base-control"
)

// Options are what is compared, and how.
type Options struct {
	Base, Candidate       string   // paths of programs, or names of workloads
	BaseRef, CandidateRef string   // commits of git, or revision.WorkingTree
	Build                 string   // the command that builds a commit
	Outputs               []string // paths of results, which are not part of a working tree
	subject.Spec
	Margin             float64                // the largest increase of a measured gate that is not a regression; 0.03 is 3 %
	Margins            map[string]plan.Margin // of single gates, by metric; counts without one have a default
	MustCatch          float64                // the smallest increase that must be detected
	Alpha              float64                // rate of false alarms, over all gates
	Budget             time.Duration
	ConfirmBudget      time.Duration // after that, to confirm an alarm
	Gates              []string
	GatesNamed         bool   // the user chose the gates
	BaseResult         string // a stored result, which replaces the base
	AllowUnlikeMachine bool   // the stored result may be of another machine
	RequireAll         bool   // no gate may be left out
	Seed               uint64
}

// DefaultBudget is how long a check may take that is not given another budget.
const DefaultBudget = time.Minute

// shortestBudget is that of a check: it takes 16 starts of the targets to look at them for the first time.
const shortestBudget = time.Second

// leastAlpha is the smallest that can be asked for: signs are drawn four times as often as it is rare, for each gate.
const leastAlpha = 0.0001

// Validate returns an error of the first option that is invalid.
func (o *Options) Validate() error {
	counted, measured := analysis.Gated()
	known := slices.Concat(counted, measured)
	switch {
	case o.BaseRef != "" && o.Base != "":
		return subject.InvalidOption("base-ref", "%q: there is a --base, too; one of them is needed", o.BaseRef)
	case o.CandidateRef != "" && o.Candidate != "":
		return subject.InvalidOption("candidate-ref", "%q: there is a --candidate, too; one of them is needed", o.CandidateRef)
	case o.BaseResult != "" && (o.Base != "" || o.BaseRef != ""):
		return subject.InvalidOption("base-result", "%q: there is a base to be measured, too; one of them is needed", o.BaseResult)
	case o.BaseResult != "" && o.Candidate == "":
		return subject.InvalidOption("candidate", "is missing: name a program to be held against --base-result")
	case o.AllowUnlikeMachine && o.BaseResult == "":
		return subject.InvalidOption("allow-unlike-machine", "is for --base-result, which is missing")
	case o.Base == "" && o.BaseRef == "" && o.BaseResult == "":
		return subject.InvalidOption("base", "is missing: name a program, or a commit by --base-ref")
	case o.Candidate == "" && o.CandidateRef == "" && o.BaseRef == "":
		return subject.InvalidOption("candidate", "is missing: name a program, or a commit by --candidate-ref")
	case o.Build == "" && (o.BaseRef != "" || o.CandidateRef != ""):
		return subject.InvalidOption("build", "is missing: it is needed to build a commit, such as 'go build -o {out} ./cmd/app'")
	case o.Build != "" && o.BaseRef == "" && o.CandidateRef == "":
		return subject.InvalidOption("build", "is for --base-ref and --candidate-ref, of which there is none")
	case o.Build != "" && !strings.Contains(o.Build, revision.Placeholder):
		return subject.InvalidOption("build", "%q does not say where the program is to go: it needs %s, as in 'go build -o %[2]s ./cmd/app'",
			o.Build, revision.Placeholder)
	case o.Margin < 0:
		return subject.InvalidOption("margin", "%s: 0 %% or more is needed", percent(o.Margin))
	case o.MustCatch <= o.Margin:
		return subject.InvalidOption("must-catch", "%s: more than the margin is needed, which is %s", percent(o.MustCatch), percent(o.Margin))
	case o.Alpha < leastAlpha || o.Alpha >= 0.5:
		return subject.InvalidOption("alpha", "%s: at least %s and less than 50%% is needed", percent(o.Alpha), percent(leastAlpha))
	case o.Budget < shortestBudget:
		return subject.InvalidOption("budget", "%v: at least %v is needed", o.Budget, shortestBudget)
	case o.ConfirmBudget < 0:
		return subject.InvalidOption("confirm-budget", "%v: 0 or more is needed", o.ConfirmBudget)
	case len(o.Gates) == 0:
		return subject.InvalidOption("gates", "is empty; there are %s", strings.Join(known, ", "))
	}
	if err := o.Spec.Validate(); err != nil {
		return err
	}
	for i, g := range o.Gates {
		if !slices.Contains(known, g) {
			return subject.InvalidElement("gates", i, "%q is unknown; there are %s", g, strings.Join(known, ", "))
		}
		if slices.Contains(o.Gates[:i], g) {
			return subject.InvalidElement("gates", i, "duplicate gate %q", g)
		}
	}
	if len(o.gatesIn(measured)) == 0 {
		return subject.InvalidOption("gates", "%s are all counted; one that is measured is needed, of %s", strings.Join(o.Gates, ", "),
			strings.Join(measured, ", "))
	}
	return o.validateMargins()
}

// gatesIn lists the gates that are wanted, in their order, of those of a kind.
func (o *Options) gatesIn(kind []string) []string {
	return slices.DeleteFunc(slices.Clone(o.Gates), func(g string) bool { return !slices.Contains(kind, g) })
}
