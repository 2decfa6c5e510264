package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// What the formats say of a check is worked out here, so that they all say the same.

// checkHeadline is the verdict in one line.
func checkHeadline(c *analysis.Check) string {
	if c.Why == "" {
		return c.Verdict
	}
	return c.Verdict + ": " + c.Why
}

// checkTerms says what was compared, and what for.
func checkTerms(c *analysis.Check) string {
	base, starts := "base", fmt.Sprintf("targets started %s", units.Times(c.Starts))
	if c.Stored {
		base = "the stored base, which is weaker than one measured with it,"
	}
	if c.Confirmed > 0 {
		starts += fmt.Sprintf(", %d of them to confirm", c.Confirmed)
	}
	return fmt.Sprintf("candidate %s against %s %s · margin %s · must catch %s · false alarms %s · %s · %.0f s",
		c.Candidate, base, c.Base, units.Share(c.Margin), units.Share(c.MustCatch), units.Share(c.Alpha),
		starts, c.Seconds)
}

// gatesSection has a row for each gate, in the order in which they are judged, and then for those that were left out.
func gatesSection(c *analysis.Check) section {
	rows := slices.Clone(c.Gates)
	for _, l := range c.LeftOut {
		rows = append(rows, analysis.Gate{Metric: l.Gate, Verdict: analysis.GateLeftOut})
	}
	return section{ID: "gates", Chapter: "Gates", Page: "Gates", Short: "Gates",
		Title: "Gates. Change in cost with 95 % CI; positive is worse, also for throughput",
		About: "Change in cost with 95 % CI; positive is worse, also for throughput.",
		Table: makeTable(&analysis.Analysis{Check: c}, gateColumns, 0, rows, placeIn(".check.gates", c.Gates))}
}

// What the columns of gates show.

func gateMetric(g analysis.Gate) string    { return spoken(g.Metric) }
func gateBase(g analysis.Gate) string      { return gateValue(g, g.Base) }
func gateCandidate(g analysis.Gate) string { return gateValue(g, g.Candidate) }

func gateLimit(a *analysis.Analysis, g analysis.Gate) string {
	if g.Verdict == analysis.GateLeftOut {
		return units.Absent
	}
	return "+" + cmp.Or(g.MarginText(), units.Share(a.Check.Margin))
}

// limitPlace is where the margin of a gate is in the JSON: results of older versions have one for all gates.
func limitPlace(a *analysis.Analysis, g analysis.Gate) string {
	if g.Margin == nil {
		return ".check.margin"
	}
	return placeIn(".check.gates", a.Check.Gates)(g) + ".margin"
}

// gateValue prints a value of the gate in its unit.
func gateValue(g analysis.Gate, v *float64) string {
	in := perRequest
	switch {
	case g.Unit == "ns":
		in = ns
	case g.Unit == "1/s":
		in = perSecond
	case g.Kind == analysis.MeasuredGate:
		in = faults
	}
	return units.Optional(v, in.print)
}

// gateLoad says at which load it was measured; "" of what is counted in one start.
func gateLoad(g analysis.Gate) string {
	if g.Load.Kind == "" {
		return ""
	}
	return g.Load.String()
}

// gateFound says what was measured.
func gateFound(g analysis.Gate) string {
	said := fmt.Sprintf("%s became %s", gateBase(g), gateCandidate(g))
	if g.Ratio != nil {
		said += ", " + units.Change(*g.Ratio) + units.Interval(g.RatioLow, g.RatioHigh, units.Change)
	}
	if g.Pairs > 0 {
		said += ", over " + units.Plural(g.Pairs, "pair")
	}
	if g.Why != "" {
		said += "; " + g.Why
	}
	return said
}

// gateLines lists the gates of a verdict, and what was measured.
func gateLines(c *analysis.Check, verdict string) (lines []string) {
	for _, g := range c.Gates {
		if g.Verdict == verdict {
			lines = append(lines, gateLine(g))
		}
	}
	return lines
}

// undecidedLines lists the gates that were not decided or confirmed, and what would have done that.
func undecidedLines(c *analysis.Check) []string {
	lines := slices.Concat(gateLines(c, analysis.Unconfirmed), gateLines(c, analysis.Undecided))
	if c.Needs != "" {
		lines = append(lines, "It needs: "+c.Needs+".")
	}
	return lines
}

// changedLines lists the counts that are more than those of the base, within their margins.
func changedLines(c *analysis.Check) (lines []string) {
	for _, g := range c.Gates {
		if g.Changed() {
			lines = append(lines, gateLine(g))
		}
	}
	return lines
}

func gateLine(g analysis.Gate) string {
	where := requestOf(nil, g)
	if load := gateLoad(g); load != "" {
		where += ", " + load
	}
	return fmt.Sprintf("%s: %s: %s.", where, spoken(g.Metric), gateFound(g))
}

// controlText says whether the check would have seen what it was shown.
func controlText(c *analysis.Control) string {
	verb := "was not found"
	if c.Found {
		verb = "was found"
	}
	said := fmt.Sprintf("The positive control, the same program delayed by its host by %s of the response time, %s",
		units.Share(c.Delay), verb)
	if c.Ratio != nil {
		said += fmt.Sprintf(" (%s)", strings.TrimSpace(spokenControl(c.Metric)+" "+units.Change(*c.Ratio)))
	}
	return said + "."
}

// spokenControl names the metric by which the control was looked for; "" if an older forktax made the check.
func spokenControl(metric string) string {
	if metric == "" {
		return ""
	}
	return spoken(metric)
}

// check prints a check, if there is one.
func (p *printer) check(c *analysis.Check) {
	if c == nil {
		return
	}
	p.sentence("", checkTerms(c))
	p.section(gatesSection(c))
	if c.Control != nil {
		if p.markdown {
			p.line("")
		}
		p.sentence("", controlText(c.Control))
	}
	p.list("What failed", gateLines(c, analysis.Regression))
	p.list("What was not decided", undecidedLines(c))
	p.list("What the verdict does not rest on", gateLines(c, analysis.Unbounded))
	p.list("What changed within its margin", changedLines(c))
	p.list("What was left out", analysis.LeftOutLines(c.LeftOut))
	p.line("")
}
