package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// Texts about a check that all formats share.

// checkHeadline returns the verdict in one line.
func checkHeadline(c *analysis.Check) string {
	if c.Why == "" {
		return c.Verdict
	}
	return c.Verdict + ": " + c.Why
}

// checkTerms describes the compared revisions and the settings of the check.
func checkTerms(c *analysis.Check) string {
	base, starts := "base", fmt.Sprintf("targets started %s", units.Times(c.Starts))
	if c.Stored {
		base = "the stored base, which is weaker than an interleaved base,"
	}
	if c.Confirmed > 0 {
		starts += fmt.Sprintf(", %d of them to confirm", c.Confirmed)
	}
	return fmt.Sprintf("candidate %s against %s %s · margin %s · must catch %s · false alarms %s · %s · %.0f s",
		c.Candidate, base, c.Base, units.Share(c.Margin), units.Share(c.MustCatch), units.Share(c.Alpha),
		starts, c.Seconds)
}

// gatesSection returns a table with a row for each gate, in the order in which gates are decided, then for each gate
// that was left out.
func gatesSection(c *analysis.Check) section {
	rows := slices.Clone(c.Gates)
	for _, l := range c.LeftOut {
		rows = append(rows, analysis.Gate{Metric: l.Gate, Verdict: analysis.GateLeftOut})
	}
	return section{ID: "gates", Chapter: "Gates", Page: "Gates", Short: "Gates",
		Title: "Gates. Change in cost with 95% CI; positive is worse, also for throughput",
		About: "Change in cost with 95% CI; positive is worse, also for throughput.",
		Table: makeTable(&analysis.Analysis{Check: c}, gateColumns, 0, rows, placeIn(".check.gates", c.Gates))}
}

// Texts of the columns of gates.

func gateMetric(g analysis.Gate) string    { return spoken(g.Metric) }
func gateBase(g analysis.Gate) string      { return gateValue(g, g.Base) }
func gateCandidate(g analysis.Gate) string { return gateValue(g, g.Candidate) }

func gateLimit(a *analysis.Analysis, g analysis.Gate) string {
	if g.Verdict == analysis.GateLeftOut {
		return units.Absent
	}
	return "+" + cmp.Or(g.MarginText(), units.Share(a.Check.Margin))
}

// limitPlace returns the place of a gate's margin in the JSON. Results of older versions have one margin for all gates.
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

// gateLoad returns the load at which a gate was measured; "" for a gate that is counted in one start.
func gateLoad(g analysis.Gate) string {
	if g.Load.Kind == "" {
		return ""
	}
	return g.Load.String()
}

// gateFound describes the measured change of a gate.
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

// gateLines lists the gates with the given verdict, each with its measured change.
func gateLines(c *analysis.Check, verdict string) (lines []string) {
	for _, g := range c.Gates {
		if g.Verdict == verdict {
			lines = append(lines, gateLine(g))
		}
	}
	return lines
}

// undecidedLines lists the gates that were not decided or confirmed, and what a decision needs.
func undecidedLines(c *analysis.Check) []string {
	lines := slices.Concat(gateLines(c, analysis.Unconfirmed), gateLines(c, analysis.Undecided))
	if c.Needs != "" {
		lines = append(lines, "Needed: "+c.Needs+".")
	}
	return lines
}

// changedLines lists the counts that increased within their margins.
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

// controlText reports whether the check detected its positive control.
func controlText(c *analysis.Control) string {
	verb := "was not detected"
	if c.Found {
		verb = "was detected"
	}
	said := fmt.Sprintf("The positive control, the same program after a busy loop of %s of the response time, %s",
		units.Share(c.Delay), verb)
	if c.Ratio != nil {
		said += fmt.Sprintf(" (%s)", strings.TrimSpace(spokenControl(c.Metric)+" "+units.Change(*c.Ratio)))
	}
	return said + "."
}

// spokenControl names the metric of the positive control; "" if an older forktax made the check.
func spokenControl(metric string) string {
	if metric == "" {
		return ""
	}
	return spoken(metric)
}

// check prints a check, or nothing if c is nil.
func (p *printer) check(c *analysis.Check) {
	if c == nil {
		return
	}
	p.sentence("", checkTerms(c))
	gates := gatesSection(c)
	if p.brief {
		gates.Table = briefGates(c, gates.Table)
	}
	p.section(gates)
	if c.Control != nil {
		if p.markdown {
			p.line("")
		}
		p.sentence("", controlText(c.Control))
	}
	p.list("Failed", gateLines(c, analysis.Regression))
	p.list("Undecided", undecidedLines(c))
	p.list("Not part of the verdict", gateLines(c, analysis.Unbounded))
	p.list("Changed within the margin", changedLines(c))
	p.list("Machines", machineLines(c))
	p.list("Left out", analysis.LeftOutLines(c.LeftOut))
}

// machineLines lists the machines of a check in parts, and what each of them found by itself.
func machineLines(c *analysis.Check) (lines []string) {
	for _, m := range c.Machines {
		line := fmt.Sprintf("part %d: %s, %s, kernel %s", m.Part, cmp.Or(m.CPU, "CPU unknown"),
			cmp.Or(m.Image, "system unknown"), m.Kernel)
		if m.SameAs > 0 {
			line = fmt.Sprintf("part %d: the machine of part %d", m.Part, m.SameAs)
		}
		line += fmt.Sprintf(": %s of the targets", units.Plural(m.Starts, "start"))
		if m.Noise != nil && m.Change != nil {
			line += fmt.Sprintf("; a start varies by %s, and the change here was %s", units.Percent(*m.Noise),
				units.Change(1+*m.Change))
		}
		lines = append(lines, line+".")
	}
	return lines
}

// briefGates returns the table without the load, which is the same for all gates, and without the request if there is
// only one.
func briefGates(c *analysis.Check, g grid) grid {
	g = g.without("load")
	for _, gate := range c.Gates {
		if gate.Request != c.Gates[0].Request || gate.Workload != c.Gates[0].Workload {
			return g
		}
	}
	return g.without("request")
}
