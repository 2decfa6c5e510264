package report

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// What the formats say of a check is worked out here, so that they all say the same.

// spokenMetrics are what metrics are called in a sentence.
var spokenMetrics = map[string]string{
	analysis.MetricResponse:   "median response time",
	analysis.MetricResponse90: "p90 of response times",
	analysis.MetricResponse99: "p99 of response times",
	analysis.MetricThroughput: "throughput",
	analysis.MetricCPU:        "CPU a request",
	analysis.MetricFaults:     "page faults a request",
	analysis.CountProcesses:   "processes a start",
	analysis.CountFiles:       "files opened a start",
	analysis.CountConnections: "connections a start",
	analysis.CountErrors:      "failed requests",
}

// spoken is what a metric is called in a sentence.
func spoken(metric string) string {
	if words, ok := spokenMetrics[metric]; ok {
		return words
	}
	return strings.ReplaceAll(metric, "_", " ")
}

// checkHeadline is the verdict in one line.
func checkHeadline(c *analysis.Check) string {
	if c.Why == "" {
		return c.Verdict
	}
	return c.Verdict + ": " + c.Why
}

// checkTerms says what was compared, and what for.
func checkTerms(c *analysis.Check) string {
	starts := fmt.Sprintf("targets started %s", units.Times(c.Groups))
	if c.Confirmed > 0 {
		starts += fmt.Sprintf(", %d of them to confirm", c.Confirmed)
	}
	return strings.Join([]string{
		fmt.Sprintf("candidate %s against %s %s", c.Candidate, baseTitle(c), c.Base),
		"margin " + units.Share(c.Margin),
		"must catch " + units.Share(c.MustCatch),
		"false alarms " + units.Share(c.Alpha),
		starts,
		fmt.Sprintf("%.0f s", c.Seconds),
	}, " · ")
}

// baseTitle is what the candidate is held against.
func baseTitle(c *analysis.Check) string {
	if c.Stored {
		return "the stored base, which is weaker than one measured with it,"
	}
	return "base"
}

const gatesTitle = "Gates. The change is that of the cost, with its interval: + is worse, for throughput, too"

// gatesTable has a row for each gate, in the order in which they are judged.
func gatesTable(c *analysis.Check) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "gate", "base", "candidate", "change", "limit", "verdict"})
	for _, g := range c.Gates {
		t.AppendRow(table.Row{analysis.RequestName(g.Workload, g.Request), gateLoad(g), spoken(g.Metric), gateValue(g, g.Base),
			gateValue(g, g.Candidate), gateChange(g), "+" + units.Share(c.Margin), g.Verdict})
	}
	for _, l := range c.LeftOut {
		t.AppendRow(table.Row{"", "", spoken(l.Gate), units.Absent, units.Absent, units.Absent, units.Absent, analysis.GateLeftOut})
	}
	alignRight(t, 4, 7)
	return t
}

// Print prints a value of the gate in its unit.
func gateValue(g analysis.Gate, v *float64) string {
	switch g.Unit {
	case "ns":
		return units.Optional(v, units.Duration)
	case "1/s":
		return units.Optional(v, units.Rate)
	}
	if g.Kind == analysis.MeasuredGate {
		return units.Optional(v, units.Number)
	}
	return units.Optional(v, units.PerRequest)
}

// FormatChange says by how much the candidate costs more.
func gateChange(g analysis.Gate) string {
	return units.Optional(g.Ratio, units.Change) + units.Interval(g.RatioLow, g.RatioHigh, units.Change)
}

// gateLoad says at which load it was measured; "" of what is counted in one start.
func gateLoad(g analysis.Gate) string {
	if g.Load.Kind == "" {
		return ""
	}
	return g.Load.String()
}

// gateTitle says which gate it is, in words.
func gateTitle(g analysis.Gate) string {
	where := analysis.RequestName(g.Workload, g.Request)
	if load := gateLoad(g); load != "" {
		where += ", " + load
	}
	return where + ": " + spoken(g.Metric)
}

// gateFound says what was measured.
func gateFound(g analysis.Gate) string {
	said := fmt.Sprintf("%s became %s", gateValue(g, g.Base), gateValue(g, g.Candidate))
	if g.Ratio != nil {
		said += ", " + gateChange(g)
	}
	if g.Pairs > 0 {
		said += ", over " + units.Plural(g.Pairs, "pair")
	}
	if g.Why != "" {
		said += "; " + g.Why
	}
	return said
}

// undecidedGates lists what was not decided, and what would have decided it.
func undecidedGates(c *analysis.Check) []string {
	var lines []string
	for _, g := range c.Gates {
		if g.Verdict != analysis.Pass && g.Verdict != analysis.Regression {
			lines = append(lines, fmt.Sprintf("%s: %s.", gateTitle(g), gateFound(g)))
		}
	}
	if c.Needs != "" {
		lines = append(lines, "It needs: "+c.Needs+".")
	}
	return lines
}

// regressionLines lists the gates that failed, and what was measured.
func regressionLines(c *analysis.Check) []string {
	var lines []string
	for _, g := range c.Gates {
		if g.Verdict == analysis.Regression {
			lines = append(lines, fmt.Sprintf("%s: %s.", gateTitle(g), gateFound(g)))
		}
	}
	return lines
}

// controlText says whether the check would have seen what it was shown.
func controlText(c *analysis.Control) string {
	verb := "was not found"
	if c.Found {
		verb = "was found"
	}
	said := fmt.Sprintf("The positive control, the candidate delayed by its host by %s of the response time, %s",
		units.Share(c.Delay), verb)
	if c.Ratio != nil {
		said += fmt.Sprintf(" (%s)", units.Change(*c.Ratio))
	}
	return said + "."
}

// check prints a check for a terminal.
func (p *printer) check(c *analysis.Check) {
	p.sentence("", "%s", checkHeadline(c))
	p.sentence("", "%s", checkTerms(c))
	p.table(gatesTitle, gatesTable(c))
	if c.Control != nil {
		p.sentence("", "%s", controlText(c.Control))
	}
	p.list("What failed", regressionLines(c))
	p.list("What was not decided", undecidedGates(c))
	p.list("What was left out", analysis.Omissions(c.LeftOut))
	p.line("")
}

// checkChapter prints a check for a page.
func (p *printer) checkChapter(c *analysis.Check) {
	p.line("# forktax check: %s\n\n**%s**\n\n%s", c.Verdict, checkHeadline(c), checkTerms(c))
	p.chapter("Gates", "The change is that of the cost, with its interval: + is worse, for throughput, too.", gatesTable(c))
	if c.Control != nil {
		p.line("\n%s", controlText(c.Control))
	}
	p.items("What failed", regressionLines(c))
	p.items("What was not decided", undecidedGates(c))
	p.items("What was left out", analysis.Omissions(c.LeftOut))
	p.line("")
}

// items prints a chapter that is a list, if it has a line.
func (p *printer) items(title string, lines []string) {
	if len(lines) > 0 {
		p.line("\n## %s\n\n- %s", title, strings.Join(lines, "\n- "))
	}
}
