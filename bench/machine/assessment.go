package machine

import "slices"

// Verdicts on what was found.
const (
	Fit      = "ok"
	Doubtful = "warning" // some numbers suffer, or something cannot be done
	Unfit    = "unfit"   // a run would be inconclusive, or fail
	Unknown  = "unknown" // it cannot be seen here
)

// A Finding is what one rule found.
type Finding struct {
	Name      string `json:"name"`
	Found     string `json:"found"`
	Verdict   string `json:"verdict"`
	NeededFor string `json:"purpose,omitempty"` // what an outside program is needed for; "" of all else
	Effect    string `json:"effect,omitempty"`  // what suffers from it; "" if it is fit
	Advice    string `json:"advice,omitempty"`
}

// An Assessment is whether a machine is fit to measure on.
type Assessment struct {
	Fit      bool      `json:"fit"` // nothing is unfit
	Findings []Finding `json:"findings"`
	Facts    Facts     `json:"facts"`

	SmallestChange []SmallestChange `json:"smallest_change,omitempty"` // that a check finds in a minute; absent if not measured
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

// A rule looks at one of the facts.
type rule struct {
	name, effect, advice string
	judge                func(Facts) (found, verdict string)
}

func (c rule) finding(f Facts) Finding {
	found, verdict := c.judge(f)
	return newFinding(c.name, found, verdict, c.effect, c.advice)
}

// newFinding has an effect and advice only if something suffers.
func newFinding(name, found, verdict, effect, advice string) Finding {
	switch verdict {
	case Unknown:
		return Finding{Name: name, Found: "cannot be seen on this system", Verdict: verdict}
	case Fit:
		return Finding{Name: name, Found: found, Verdict: verdict}
	}
	return Finding{Name: name, Found: found, Verdict: verdict, Effect: effect, Advice: advice}
}

// above is the verdict on what should be small.
func above(x, doubtful, unfit float64) string { return graded(x > doubtful, x > unfit) }

// below is the verdict on what should be large.
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
