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

// evaluateCheck returns the result of a run's check. It fails closed: if anything is missing, the check does not pass.
func evaluateCheck(r *record.Result, measured []measurements, a *Analysis) *Check {
	criterion := r.Plan.Check
	gates := measuredGates(r.Plan, measured)
	d := checkData(r, measured, gates)
	j := judge(r, d)
	c := &Check{
		Base: criterion.Titles[r.Plan.Baseline], Candidate: criterion.Titles[criterion.Candidate],
		Margin: criterion.Margin, MustCatch: criterion.MustCatch, Alpha: criterion.Alpha,
		Starts: j.Screened + j.Confirming, Confirmed: j.Confirming, Seconds: a.Run.Seconds,
		Gates: countedGates(r, a), LeftOut: criterion.LeftOut, Machines: machinesOf(r, gates),
	}
	if s := criterion.Stored; s != nil {
		c.Base, c.Stored = fmt.Sprintf("%s (run %s)", s.File, s.Run), true
	}
	for i, t := range gates {
		g := t.gate(j.Gates[i])
		g.Verdict, g.Why = c.verdict(j, i, t, g)
		c.Gates = append(c.Gates, g)
	}
	if criterion.Control != "" {
		c.Control = &Control{Delay: criterion.MustCatch, Metric: controlMetrics(criterion)[j.ShownBy], P: new(j.Control.P),
			Found: j.Control.Regressed}
		if !math.IsNaN(j.Control.Estimate) {
			c.Control.Ratio = new(math.Exp(j.Control.Estimate))
		}
	}
	c.conclude(r, j, d, a)
	return c
}

// verdict returns the verdict of the measured gate i and its reason.
func (c *Check) verdict(j sequential.Judgement, i int, t measuredGate, g Gate) (verdict, why string) {
	f := j.Gates[i]
	switch {
	case f.Regressed && j.Verdict == sequential.Regression:
		return Regression, fmt.Sprintf("above the margin of %s; confirmed %s", units.Share(t.margin), c.confirmedAt())
	case slices.Contains(j.Suspects, i) && j.Verdict != sequential.Pass:
		return Unconfirmed, fmt.Sprintf("above the margin of %s; not confirmed", units.Share(t.margin))
	case f.Bounded:
		return Pass, ""
	case j.Verdict != sequential.Pass && g.RatioLow != nil && *g.RatioLow > 1+t.margin:
		why := "not confirmed"
		if j.Verdict == sequential.Regression {
			why = "another gate ended the check before this one was confirmed"
		}
		return Unconfirmed, fmt.Sprintf("above the margin of %s; %s", units.Share(t.margin), why)
	case j.Verdict == sequential.Regression:
		return Undecided, "the regression ended the check before this gate was decided"
	case math.IsNaN(f.Error):
		return Undecided, "there are too few starts to decide"
	case IsSecondary(t.metric) && j.Verdict == sequential.Pass:
		return Unbounded, c.notExcluded() + "; the verdict does not depend on this gate"
	}
	return Undecided, c.notExcluded()
}

func (c *Check) notExcluded() string {
	return fmt.Sprintf("an increase of %s cannot be excluded at an error rate of %s", units.Share(c.MustCatch),
		units.Share(c.Alpha))
}

// confirmedAt returns where an alarm was confirmed.
func (c *Check) confirmedAt() string {
	if len(c.Machines) == 0 {
		return "at new starts"
	}
	return "on other machines"
}

// conclude sets the verdict of the check from the verdicts of its gates.
func (c *Check) conclude(r *record.Result, j sequential.Judgement, d sequential.Data, a *Analysis) {
	regressed := c.named(Regression)
	invalid, tooMany := invalidWarning(r.Plan, a)
	failures, tooManyFailures := c.failures(r.Plan, a)
	baseFails := slices.ContainsFunc(c.Gates, func(g Gate) bool { return g.Kind == countsKind && g.Verdict == Undecided })
	failing := slices.IndexFunc(c.Gates, func(g Gate) bool { return g.Kind == countsKind && g.Verdict == Unconfirmed })
	counts := slices.ContainsFunc(c.Gates, func(g Gate) bool { return g.Kind == countsKind && g.Verdict == Regression })
	switch {
	case counts || j.Verdict == sequential.Regression && !tooMany && !tooManyFailures:
		c.Verdict, c.Why = Regression, fmt.Sprintf("%s is worse than %s in %s: %s", c.Candidate, c.Base,
			gateNames(regressed), c.worst(regressed)+acceptText(regressed))
		if slices.ContainsFunc(regressed, func(g Gate) bool { return g.Metric == CountErrors }) && failures != "" {
			c.Why += "; " + failures
		}
	case !r.Tail.Complete && !fewLost(r):
		c.Verdict, c.Why = Undecided, "the run was not completed: "+a.Run.condition()
		c.Needs = "another run"
	case baseFails || tooManyFailures:
		c.Verdict, c.Why = Failed, failures
	case tooMany:
		c.Verdict, c.Why, c.Needs = Undecided, invalid.Text, invalidNeeds
	case failing >= 0:
		c.Verdict, c.Why, c.Needs = Unconfirmed, c.Gates[failing].Why+": "+failures, "another run"
	case j.Verdict == sequential.Pass:
		c.Verdict = Pass
		c.Why = fmt.Sprintf("by %s, %s costs less than %s more than %s%s%s", c.passGates(), c.Candidate,
			units.Share(c.MustCatch), c.Base, c.changedText(), c.leftOutText())
		if unbounded := c.named(Unbounded); len(unbounded) > 0 {
			c.Why += "; not bounded, which a pass does not need: " + gateNames(unbounded)
		}
	case j.Verdict == sequential.Unconfirmed || c.decidingUnconfirmed(j, d):
		c.Verdict = Unconfirmed
		c.unconfirmed(r.Plan, j, d)
	default:
		c.Verdict = Undecided
		c.missing(j, d)
	}
}

// decidingUnconfirmed reports whether a gate on which the verdict depends is above its margin, and not confirmed.
func (c *Check) decidingUnconfirmed(j sequential.Judgement, d sequential.Data) bool {
	first := len(c.Gates) - len(j.Gates) // the gates of counts come before it
	for i := range j.Gates {
		if d.Decides(i) && c.Gates[first+i].Verdict == Unconfirmed {
			return true
		}
	}
	return false
}

// invalidNeeds is what would decide a check in which too many blocks are invalid.
const invalidNeeds = "a quieter machine; " + adviceReasons

// named returns the gates with a verdict.
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

// worst returns the change of the response time, if it is one of the gates, or else the largest change.
func (c *Check) worst(gates []Gate) string {
	worst := slices.MaxFunc(gates, func(a, b Gate) int { return cmp.Compare(excess(a), excess(b)) })
	for _, metric := range []string{MetricCPU, MetricResponse} {
		if i := slices.IndexFunc(gates, func(g Gate) bool { return g.Metric == metric }); i >= 0 {
			worst = gates[i]
		}
	}
	if worst.Ratio == nil {
		return fmt.Sprintf("%s increased from %.0f to %.0f", worst.Metric, *worst.Base, *worst.Candidate)
	}
	text := fmt.Sprintf("%s by %+.1f%%", worst.Metric, 100*(*worst.Ratio-1))
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

// detectableErrors is the distance between a change and a bound, in standard errors, at which they can be told apart,
// approximately: 2.6 for an error of 0.5%, plus 1 to make it likely.
const detectableErrors = 3.6

// unconfirmed sets the reason of an unconfirmed alarm and the additional time that would confirm it by one gate.
func (c *Check) unconfirmed(p record.Plan, j sequential.Judgement, d sequential.Data) {
	suspects := c.named(Unconfirmed)
	factor, margins := math.Inf(1), []string(nil)
	first := len(c.Gates) - len(j.Gates) // the gates of counts come before it
	for i, f := range j.Gates {
		if c.Gates[first+i].Verdict != Unconfirmed {
			continue
		}
		if margin := units.Share(d.Margins[i]); !slices.Contains(margins, margin) {
			margins = append(margins, margin)
		}
		away := f.Estimate - math.Log1p(d.Margins[i]) - d.Slack[i]
		if wanted := square(detectableErrors * f.Error / away); away > 0 && wanted < factor {
			factor = wanted
		}
	}
	c.Why = fmt.Sprintf("%s is above the margin of %s in %s: %s; not confirmed", c.Candidate,
		strings.Join(margins, " or "), gateNames(suspects), c.worst(suspects))
	switch {
	case onOneMachine(c.Machines):
		c.Needs = "parts on other machines, which alone can confirm an alarm: all of these ran on one"
	case len(c.Machines) > 0:
		c.Needs = "more parts, or a longer --budget: an alarm counts when other machines confirm it"
	case !j.Alarmed:
		c.needsTime(max(factor, 1.2, 1.2*sequential.FirstLook/float64(max(c.Starts, 1))))
	default:
		least := float64(max(j.Screened, sequential.StartsAtOnce))
		if j.Confirming <= 1 && math.IsInf(factor, 1) {
			factor = 0 // nothing is known yet
		}
		more := math.Ceil(max(max(least, factor*float64(max(j.Confirming, 1)))-float64(j.Confirming), 1) *
			c.Seconds / float64(max(c.Starts, 1)))
		if more <= maxAdvised.Seconds() {
			confirm := time.Duration(p.Check.ConfirmNS) + time.Duration(more)*time.Second
			c.NeedsS, c.Needs = &more, fmt.Sprintf("about %.0f s more: --confirm-budget %v", more, confirm.Round(time.Second))
		}
	}
	if c.Needs == "" {
		c.Needs = "a quieter machine, or a higher --margin"
	}
}

// missing sets the reason of a check that did not decide within its time, and what would have decided it.
func (c *Check) missing(j sequential.Judgement, d sequential.Data) {
	starts := j.Screened + j.Confirming
	empty := slices.DeleteFunc(slices.Clone(c.Gates), func(g Gate) bool { return !g.empty() })
	switch {
	case starts < sequential.FirstLook:
		c.Why = fmt.Sprintf("the targets were started %s in the time available; a verdict needs at least %d starts",
			units.Times(starts), sequential.FirstLook)
		if c.needsTime(1.2 * sequential.FirstLook / float64(max(starts, 1))); c.Needs == "" {
			c.Needs = fmt.Sprintf("a faster program or request: %d starts take more than %s", sequential.FirstLook,
				units.Span(maxAdvised))
		}
		return
	case len(empty) > 0:
		c.Why = "there are no measurements for " + gateNames(empty)
		c.Needs = "--gates without it, or targets that report the metric"
		return
	}
	factor := 1.2
	if c.Why = c.undecided(); !j.Control.Regressed {
		c.Why = fmt.Sprintf("the positive control (+%s delay) was not detected, so a pass would be meaningless",
			units.Share(c.MustCatch))
		// The added delay may show less than it should, but noise may also hide it.
		shown := min(j.Control.Estimate+detectableErrors*j.Control.Error, math.Log1p(c.MustCatch))
		if shown <= 0 {
			c.Needs = "a higher --must-catch: the added delay is hardly measurable"
			return
		}
		factor = max(factor, square(detectableErrors*j.Control.Error/shown))
	}
	reached := c.MustCatch // smallest increase that all gates can exclude in this time
	for i, f := range j.Gates {
		if f.Bounded || !d.Decides(i) {
			continue
		}
		// At least one of the two is above 0, unless the base is not known precisely enough.
		away := max(math.Log1p(c.MustCatch)-f.Estimate, f.Estimate-math.Log1p(d.Margins[i])) - d.Slack[i]
		if away <= 0 {
			c.Needs = "a stored result of a longer run, with a more precise cost of the base"
			return
		}
		factor = max(factor, square(detectableErrors*f.Error/away))
		reached = max(reached, math.Expm1(f.Estimate+d.Slack[i]+detectableErrors*f.Error))
	}
	c.needsTime(factor)
	if decided := c.decidedGates(); decided != "" && j.Control.Regressed {
		c.Needs = strings.TrimPrefix(c.Needs+", or ", ", or ") + "--gates " + decided
	} else if c.Needs == "" {
		c.Needs = "a quieter machine"
		if reached > c.MustCatch && reached <= mostToCatch {
			c.Needs += fmt.Sprintf(", or --must-catch %.0f%%", 5*math.Ceil(20*reached))
		}
	}
}

// undecided names the undecided gates that a pass depends on, with their intervals.
func (c *Check) undecided() string {
	var texts []string
	for _, g := range c.named(Undecided) {
		if g.Kind != MeasuredGate || IsSecondary(g.Metric) && len(texts) > 0 {
			continue
		}
		text := gateNames([]Gate{g})
		if g.RatioLow != nil {
			text += fmt.Sprintf(" changed by %+.1f to %+.1f%%", 100*(*g.RatioLow-1), 100*(*g.RatioHigh-1))
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		return c.notExcluded()
	}
	return c.notExcluded() + ": " + strings.Join(texts, ", ")
}

// decidedGates returns, in the format of --gates, the metrics that passed for all requests, of those that a pass
// depends on, with the counts; "" if none of them is measured in blocks.
func (c *Check) decidedGates() string {
	var decided []string
	measured := false
	for _, g := range c.Gates {
		passed := !slices.ContainsFunc(c.Gates, func(o Gate) bool { return o.Metric == g.Metric && o.Verdict != Pass })
		if passed && !IsSecondary(g.Metric) && g.Metric != CountErrors && !slices.Contains(decided, g.Metric) {
			decided = append(decided, g.Metric)
			measured = measured || g.Kind == MeasuredGate
		}
	}
	if !measured {
		return ""
	}
	return strings.Join(decided, ",")
}

// maxAdvised is the longest budget that is advised; users do not wait longer for a check.
const maxAdvised = 15 * time.Minute

// mostToCatch is the largest --must-catch that is advised.
const mostToCatch = 0.5

// needsTime advises a budget that is longer by a factor, unless it is too long. Errors shrink with the square root of
// the time.
func (c *Check) needsTime(factor float64) {
	seconds := math.Ceil(c.Seconds * factor)
	if !(seconds <= maxAdvised.Seconds()) { // also if it is NaN
		return
	}
	more := max(seconds-c.Seconds, 0)
	c.NeedsS, c.Needs = &more, fmt.Sprintf("--budget %v", time.Duration(seconds)*time.Second)
}

// empty reports whether a measured gate has no data.
func (g Gate) empty() bool { return g.Kind == MeasuredGate && g.Pairs == 0 }

func square(x float64) float64 { return x * x }
