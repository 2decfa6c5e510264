package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"forktax/bench"
	"forktax/bench/gate"
)

// check says what a run with a criterion came to. It fails closed: whatever is missing, it is not a pass.
func check(r *bench.Result, measured []measurements, a *Analysis) *Check {
	criterion := r.Plan.Criterion
	d := data(r, measured)
	j := rule(r.Plan).Judge(d)
	c := &Check{
		Base: criterion.Titles[r.Plan.Baseline], Candidate: criterion.Titles[criterion.Candidate],
		Margin: criterion.Margin, MustCatch: criterion.MustCatch, Alpha: criterion.Alpha,
		Groups: j.Screened + j.Confirming, Confirmed: j.Confirming, Seconds: a.Run.Seconds,
		Gates: counted(r.Plan, a),
	}
	if s := criterion.Stored; s != nil {
		c.Base, c.Stored = fmt.Sprintf("%s (run %s)", s.File, s.Run), true
	}
	for i, t := range trials(r.Plan, measured) {
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
func (c *Check) verdict(j gate.Judgement, f gate.Finding) (verdict, why string) {
	switch {
	case f.Regressed && j.Verdict == gate.Regression:
		return Regression, fmt.Sprintf("above the margin of %s, and confirmed at fresh starts", percent(c.Margin))
	case f.Regressed:
		return Undecided, fmt.Sprintf("above the margin of %s, which is not confirmed", percent(c.Margin))
	case f.Bounded:
		return Pass, ""
	case math.IsNaN(f.Error):
		return Undecided, "there is too little to say"
	}
	return Undecided, fmt.Sprintf("%s more cannot be excluded", percent(c.MustCatch))
}

// conclude makes one verdict of all.
func (c *Check) conclude(r *bench.Result, j gate.Judgement, slack []float64, a *Analysis) {
	regressed := c.named(Regression)
	accused, tooMany := tooManyInvalid(a)
	failing := slices.IndexFunc(c.Gates, func(g Gate) bool { return g.Kind == countsKind && g.Verdict == Undecided })
	counts := slices.ContainsFunc(c.Gates, func(g Gate) bool { return g.Kind == countsKind && g.Verdict == Regression })
	are := "is"
	if len(regressed) > 1 {
		are = "are"
	}
	switch {
	case counts || j.Verdict == gate.Regression && !tooMany:
		c.Verdict, c.Why = Regression, fmt.Sprintf("%s of %s %s worse than of %s: %s", their(regressed), c.Candidate, are, c.Base,
			c.worst(regressed))
	case !r.Tail.Complete:
		c.Verdict, c.Why = Undecided, "the run was not completed: "+a.Run.Condition
		c.Needs = "another run"
	case failing >= 0:
		c.Verdict, c.Why = Undecided, c.Gates[failing].Why
		c.Needs = "a base that answers each request"
	case tooMany:
		c.Verdict, c.Why, c.Needs = Undecided, accused.Text, accused.Advice
	case j.Verdict == gate.Pass:
		c.Verdict = Pass
		c.Why = fmt.Sprintf("%s costs no more than %s: %s more is excluded by each gate", c.Candidate, c.Base,
			percent(c.MustCatch))
	default:
		c.Verdict = Undecided
		c.Why, c.Needs = c.missing(j, slack)
	}
}

// named lists the gates of a verdict.
func (c *Check) named(verdict string) []Gate {
	return slices.DeleteFunc(slices.Clone(c.Gates), func(g Gate) bool { return g.Verdict != verdict })
}

func their(gates []Gate) string {
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

// plain is how many standard errors a change has to be away from a bound to be told from it, about: 2.6 for half of 1 %,
// and one more for it to be likely.
const plain = 3.6

// missing says why a check that had its time did not decide, and how much longer it would have had to take: errors
// shrink with the root of the time.
func (c *Check) missing(j gate.Judgement, slack []float64) (why, needs string) {
	longer := func(away, off float64) float64 { return max(square(plain*off/away), 1.2) }
	factor := 1.0
	starts := j.Screened + j.Confirming
	switch {
	case starts < gate.StartsAtOnce:
		why = fmt.Sprintf("the targets were started %d times in the time, and a first look takes %d", starts, gate.StartsAtOnce)
		factor = 1.2 * gate.StartsAtOnce / float64(max(starts, 1))
	case j.Alarmed:
		why = "there was an alarm, and the time was over before it could be confirmed"
		factor = max(2*float64(j.Screened)/float64(starts), 1.5)
	case !j.Control.Regressed:
		why = fmt.Sprintf("the candidate with %s added by its host was not found to be slower, so a pass would mean nothing",
			percent(c.MustCatch))
		factor = longer(math.Log1p(c.MustCatch)-math.Log1p(c.Margin), j.Control.Error)
	default:
		open := c.named(Undecided)
		why = fmt.Sprintf("the noise is too large to tell by %s", their(open))
		for i, f := range j.Gates {
			if f.Bounded || math.IsNaN(f.Error) {
				continue
			}
			// One of the two is above 0, unless what is held against is not known so well.
			most := max(math.Log1p(c.MustCatch)-f.Estimate, f.Estimate-math.Log1p(c.Margin)) - slack[i]
			if most <= 0 {
				return why, "a stored result of a longer run, which says more exactly what the base costs"
			}
			factor = max(factor, longer(most, f.Error))
		}
	}
	if math.IsNaN(factor) {
		return why, "a quieter machine"
	}
	seconds := math.Ceil(c.Seconds * factor)
	return why, fmt.Sprintf("--budget %s, or noise smaller by a factor of %.1f", time.Duration(seconds)*time.Second,
		math.Sqrt(factor))
}

func square(x float64) float64 { return x * x }
