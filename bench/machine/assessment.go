package machine

import "slices"

// Verdicts of findings.
const (
	Fit      = "ok"
	Doubtful = "warning" // some results are less precise, or a feature is not available
	Unfit    = "unfit"   // a run would be inconclusive or fail
	Unknown  = "unknown" // not available on this system
)

// A Finding is the result of one rule.
type Finding struct {
	Name      string `json:"name"`
	Found     string `json:"found"`
	Verdict   string `json:"verdict"`
	NeededFor string `json:"purpose,omitempty"` // the features that need an external program; "" for all other findings
	Effect    string `json:"effect,omitempty"`  // the effect on measurements; "" if the verdict is Fit or Unknown
	Advice    string `json:"advice,omitempty"`
}

// An Assessment reports whether a machine is suitable for measurements.
type Assessment struct {
	Fit      bool      `json:"fit"` // no finding is Unfit
	Findings []Finding `json:"findings"`
	Facts    Facts     `json:"facts"`

	// SmallestChange has the smallest change that a check finds in a minute, for each gate; empty if not measured.
	SmallestChange []SmallestChange `json:"smallest_change,omitempty"`
}

// Assess applies the rules to the facts.
func Assess(f Facts) *Assessment {
	e := Assessment{Facts: f}
	for _, c := range rules {
		e.Findings = append(e.Findings, c.finding(f))
	}
	for _, d := range f.Disks {
		e.Findings = append(e.Findings, d.finding())
	}
	for _, t := range f.Tools {
		e.Findings = append(e.Findings, t.finding())
	}
	e.Fit = e.fits()
	return &e
}

func (e *Assessment) fits() bool {
	return !slices.ContainsFunc(e.Findings, func(f Finding) bool { return f.Verdict == Unfit })
}

// A rule judges one of the facts.
type rule struct {
	name, effect, advice string
	judge                func(Facts) (found, verdict string)
}

func (c rule) finding(f Facts) Finding {
	found, verdict := c.judge(f)
	return newFinding(c.name, found, verdict, c.effect, c.advice)
}

// newFinding returns a finding. It has the effect and advice only if the verdict is Doubtful or Unfit.
func newFinding(name, found, verdict, effect, advice string) Finding {
	switch verdict {
	case Unknown:
		return Finding{Name: name, Found: "not available on this system", Verdict: verdict}
	case Fit:
		return Finding{Name: name, Found: found, Verdict: verdict}
	}
	return Finding{Name: name, Found: found, Verdict: verdict, Effect: effect, Advice: advice}
}

// above returns the verdict on a number that should be small.
func above(x, doubtful, unfit float64) string { return graded(x > doubtful, x > unfit) }

// below returns the verdict on a number that should be large.
func below[T int | float64 | uint64](x, doubtful, unfit T) string {
	return graded(x < doubtful, x < unfit)
}

func graded(doubtful, unfit bool) string {
	switch {
	case unfit:
		return Unfit
	case doubtful:
		return Doubtful
	}
	return Fit
}
