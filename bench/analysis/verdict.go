package analysis

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"forktax/bench/record"
	"forktax/bench/stats/sequential"
	"forktax/bench/units"
)

// evaluateCheck returns what the check of a run came to. It fails closed: whatever is missing, it is not a pass.
func evaluateCheck(r *record.Result, measured []measurements, a *Analysis) *Check {
	criterion := r.Plan.Check
	gates := measuredGates(r.Plan, measured)
	d := checkData(r, measured, gates)
	j := checkRule(r.Plan).Judge(d)
	c := &Check{
		Base: criterion.Titles[r.Plan.Baseline], Candidate: criterion.Titles[criterion.Candidate],
		Margin: criterion.Margin, MustCatch: criterion.MustCatch, Alpha: criterion.Alpha,
		Starts: j.Screened + j.Confirming, Confirmed: j.Confirming, Seconds: a.Run.Seconds,
		Gates: countedGates(r.Plan, a), LeftOut: criterion.LeftOut,
	}
	if s := criterion.Stored; s != nil {
		c.Base, c.Stored = fmt.Sprintf("%s (run %s)", s.File, s.Run), true
	}
	for i, t := range gates {
		g := t.gate(j.Gates[i])
		g.Verdict, g.Why = c.verdict(j, j.Gates[i])
		c.Gates = append(c.Gates, g)
	}
	if criterion.Control != "" {
		c.Control = &Control{Delay: criterion.MustCatch, P: new(j.Control.P), Found: j.Control.Regressed}
		if !math.IsNaN(j.Control.Estimate) {
			c.Control.Ratio = new(math.Exp(j.Control.Estimate))
		}
	}
	c.conclude(r, j, d.Slack, a)
	return c
}

// verdict is that of one gate that is measured.
func (c *Check) verdict(j sequential.Judgement, f sequential.GateResult) (verdict, why string) {
	switch {
	case f.Regressed && j.Verdict == sequential.Regression:
		return Regression, fmt.Sprintf("above the margin of %s, and confirmed at fresh starts", units.Share(c.Margin))
	case f.Regressed:
		return Undecided, fmt.Sprintf("above the margin of %s, which is not confirmed", units.Share(c.Margin))
	case f.Bounded:
		return Pass, ""
	case math.IsNaN(f.Error):
		return Undecided, "there is too little to say"
	}
	return Undecided, fmt.Sprintf("%s more cannot be excluded", units.Share(c.MustCatch))
}

// conclude makes one verdict of all.
func (c *Check) conclude(r *record.Result, j sequential.Judgement, slack []float64, a *Analysis) {
	regressed := c.named(Regression)
	invalid, tooMany := invalidWarning(r.Plan, a)
	failures, spoilt := c.failures(r.Plan, a)
	baseFails := slices.ContainsFunc(c.Gates, func(g Gate) bool { return g.Kind == countsKind && g.Verdict == Undecided })
	counts := slices.ContainsFunc(c.Gates, func(g Gate) bool { return g.Kind == countsKind && g.Verdict == Regression })
	than := "is worse than that of"
	if len(regressed) > 1 {
		than = "are worse than those of"
	}
	switch {
	case counts || j.Verdict == sequential.Regression && !tooMany && !spoilt:
		c.Verdict, c.Why = Regression, fmt.Sprintf("%s of %s %s %s: %s", gateNames(regressed), c.Candidate, than, c.Base,
			c.worst(regressed))
		if slices.ContainsFunc(regressed, func(g Gate) bool { return g.Metric == CountErrors }) && failures != "" {
			c.Why += "; " + failures
		}
	case !r.Tail.Complete:
		c.Verdict, c.Why = Undecided, "the run was not completed: "+a.Run.Condition
		c.Needs = "another run"
	case baseFails || spoilt:
		c.Verdict, c.Why = Failed, failures
	case tooMany:
		c.Verdict, c.Why, c.Needs = Undecided, invalid.Text, invalidNeeds
	case j.Verdict == sequential.Pass:
		c.Verdict = Pass
		c.Why = fmt.Sprintf("by each gate, %s costs less than %s more than %s%s", c.Candidate, units.Share(c.MustCatch),
			c.Base, c.leftOutText())
	default:
		c.Verdict = Undecided
		c.Why, c.Needs = c.missing(j, slack)
	}
}

// invalidNeeds is what decides a check in which too many blocks are invalid.
const invalidNeeds = "a quieter machine; docs/methodology.md says what each reason means"

// named lists the gates of a verdict.
func (c *Check) named(verdict string) []Gate {
	return slices.DeleteFunc(slices.Clone(c.Gates), func(g Gate) bool { return g.Verdict != verdict })
}

func gateNames(gates []Gate) string {
	var names []string
	for _, g := range gates {
		name := fmt.Sprintf("%s (%s)", g.Metric, g.Request)
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// worst tells by how much the response time is off, or else the gate that is most.
func (c *Check) worst(gates []Gate) string {
	worst := slices.MaxFunc(gates, func(a, b Gate) int { return cmp.Compare(excess(a), excess(b)) })
	if i := slices.IndexFunc(gates, func(g Gate) bool { return g.Metric == MetricResponse }); i >= 0 {
		worst = gates[i]
	}
	if worst.Ratio == nil {
		return fmt.Sprintf("%s went from %.0f to %.0f", worst.Metric, *worst.Base, *worst.Candidate)
	}
	text := fmt.Sprintf("%s by %+.1f %%", worst.Metric, 100*(*worst.Ratio-1))
	if worst.RatioLow != nil && worst.RatioHigh != nil {
		text += fmt.Sprintf(" (%+.1f to %+.1f)", 100*(*worst.RatioLow-1), 100*(*worst.RatioHigh-1))
	}
	return text
}

func excess(g Gate) float64 {
	if g.Ratio == nil {
		return math.Inf(1)
	}
	return *g.Ratio
}

// detectableErrors is how many standard errors a change has to be away from a bound to be told from it, about: 2.6 for
// half of 1 %, and one more for it to be likely.
const detectableErrors = 3.6

// missing says why a check that had its time did not decide, and what would have decided it.
func (c *Check) missing(j sequential.Judgement, slack []float64) (why, needs string) {
	starts := j.Screened + j.Confirming
	switch {
	case starts < sequential.StartsAtOnce:
		return fmt.Sprintf("the targets were started %s in the time, and the first look is after %d starts",
			units.Times(starts), sequential.StartsAtOnce), c.longer(1.2 * sequential.StartsAtOnce / float64(max(starts, 1)))
	case slices.ContainsFunc(c.Gates, Gate.empty):
		empty := slices.DeleteFunc(slices.Clone(c.Gates), func(g Gate) bool { return !g.empty() })
		return "nothing was measured by " + gateNames(empty), "--gates without that, or targets that tell it"
	case j.Alarmed:
		return "there was an alarm, and the time was over before it could be confirmed or refuted",
			c.longer(max(2*float64(j.Screened)/float64(starts), 1.5))
	case !j.Control.Regressed:
		why = fmt.Sprintf("the candidate with %s added by its host was not found to be slower, so a pass would mean nothing",
			units.Share(c.MustCatch))
	default:
		why = "the noise is too large to tell by " + gateNames(c.named(Undecided))
	}
	factor := 1.2
	if !j.Control.Regressed {
		// What its host adds may show less than it should, but for the noise no more can be known.
		shown := min(j.Control.Estimate+detectableErrors*j.Control.Error, math.Log1p(c.MustCatch))
		away := shown - math.Log1p(c.Margin)
		if away <= 0 {
			return why, "a higher --must-catch: what its host adds hardly shows in its response time"
		}
		factor = max(factor, square(detectableErrors*j.Control.Error/away))
	}
	for i, f := range j.Gates {
		if f.Bounded {
			continue
		}
		// One of the two is above 0, unless what is held against is not known so well.
		away := max(math.Log1p(c.MustCatch)-f.Estimate, f.Estimate-math.Log1p(c.Margin)) - slack[i]
		if away <= 0 {
			return why, "a stored result of a longer run, which says more exactly what the base costs"
		}
		factor = max(factor, square(detectableErrors*f.Error/away))
	}
	if math.IsNaN(factor) {
		return why, "a quieter machine"
	}
	return why, fmt.Sprintf("%s, or noise smaller by a factor of %.1f", c.longer(factor), math.Sqrt(factor))
}

// longer is the option that gives so many times the time that there was: errors shrink with the root of it.
func (c *Check) longer(factor float64) string {
	return fmt.Sprintf("--budget %s", time.Duration(math.Ceil(c.Seconds*factor))*time.Second)
}

// empty says that nothing is known of a gate.
func (g Gate) empty() bool { return g.Kind == MeasuredGate && g.Pairs == 0 }

func square(x float64) float64 { return x * x }
