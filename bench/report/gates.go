package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// What the formats say of a check is worked out here, so that they all say the same.

// spokenMetrics are what metrics are called in a sentence.
var spokenMetrics = map[string]string{
	MetricResponse:   "median response time",
	MetricResponse90: "p90 of response times",
	MetricResponse99: "p99 of response times",
	MetricThroughput: "throughput",
	MetricCPU:        "CPU a request",
	MetricFaults:     "page faults a request",
	CountProcesses:   "processes a start",
	CountFiles:       "files opened a start",
	CountConnections: "connections a start",
	countErrors:      "failed requests",
}

// spoken is what a metric is called in a sentence.
func spoken(metric string) string {
	if words, ok := spokenMetrics[metric]; ok {
		return words
	}
	return strings.ReplaceAll(metric, "_", " ")
}

// headline is the verdict in one line.
func (c *Check) headline() string {
	if c.Why == "" {
		return c.Verdict
	}
	return c.Verdict + ": " + c.Why
}

// terms says what was compared, and what for.
func (c *Check) terms() string {
	starts := fmt.Sprintf("targets started %s", times(c.Groups))
	if c.Confirmed > 0 {
		starts += fmt.Sprintf(", %d of them to confirm", c.Confirmed)
	}
	return strings.Join([]string{
		fmt.Sprintf("candidate %s against %s %s", c.Candidate, c.side(), c.Base),
		"margin " + share(c.Margin),
		"must catch " + share(c.MustCatch),
		"false alarms " + share(c.Alpha),
		starts,
		fmt.Sprintf("%.0f s", c.Seconds),
	}, " · ")
}

// side is what the candidate is held against.
func (c *Check) side() string {
	if c.Stored {
		return "the stored base, which is weaker than one measured with it,"
	}
	return "base"
}

const gatesTitle = "Gates. The change is that of the cost, with its interval: + is worse, for throughput, too"

// gatesTable has a row for each gate, in the order in which they are judged.
func (c *Check) gatesTable() table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "gate", "base", "candidate", "change", "limit", "verdict"})
	for _, g := range c.Gates {
		t.AppendRow(table.Row{requestName(g.Workload, g.Request), g.load(), spoken(g.Metric), g.print(g.Base),
			g.print(g.Candidate), g.change(), "+" + share(c.Margin), g.Verdict})
	}
	for _, l := range c.LeftOut {
		t.AppendRow(table.Row{"", "", spoken(l.Gate), absent, absent, absent, absent, leftOut})
	}
	alignRight(t, 4, 7)
	return t
}

// print prints a value of the gate in its unit.
func (g Gate) print(v *float64) string {
	switch g.Unit {
	case "ns":
		return optional(v, duration)
	case "1/s":
		return optional(v, rate)
	}
	if g.Kind == measuredKind {
		return optional(v, three)
	}
	return optional(v, perRequest)
}

// change says by how much the candidate costs more.
func (g Gate) change() string {
	return optional(g.Ratio, change) + between(g.RatioLow, g.RatioHigh, change)
}

// change prints a ratio as a change to a tenth of a per cent: +10.3 %.
func change(ratio float64) string {
	percent := math.Round((ratio-1)*1000) / 10
	decimals, sign := 1, ""
	switch {
	case percent > 0:
		sign = "+"
	case percent < 0:
		sign = "−"
	}
	if math.Abs(percent) >= 100 {
		decimals = 0
	}
	return fmt.Sprintf("%s%.*f %%", sign, decimals, math.Abs(percent))
}

// share prints one that was asked for, with all its digits: 3 %.
func share(x float64) string { return strconv.FormatFloat(thousandths(x*100), 'f', -1, 64) + " %" }

// load says at which load it was measured; "" of what is counted in one start.
func (g Gate) load() string {
	if g.Load.Kind == "" {
		return ""
	}
	return g.Load.String()
}

// of says which gate it is, in words.
func (g Gate) of() string {
	where := requestName(g.Workload, g.Request)
	if load := g.load(); load != "" {
		where += ", " + load
	}
	return where + ": " + spoken(g.Metric)
}

// found says what was measured.
func (g Gate) found() string {
	said := fmt.Sprintf("%s became %s", g.print(g.Base), g.print(g.Candidate))
	if g.Ratio != nil {
		said += ", " + g.change()
	}
	if g.Pairs > 0 {
		said += ", over " + several(g.Pairs, "pair")
	}
	if g.Why != "" {
		said += "; " + g.Why
	}
	return said
}

// undecided lists what was not decided, and what would have decided it.
func (c *Check) undecided() []string {
	var lines []string
	for _, g := range c.Gates {
		if g.Verdict != Pass && g.Verdict != Regression {
			lines = append(lines, fmt.Sprintf("%s: %s.", g.of(), g.found()))
		}
	}
	if c.Needs != "" {
		lines = append(lines, "It needs: "+c.Needs+".")
	}
	return lines
}

// regressions lists the gates that failed, and what was measured.
func (c *Check) regressions() []string {
	var lines []string
	for _, g := range c.Gates {
		if g.Verdict == Regression {
			lines = append(lines, fmt.Sprintf("%s: %s.", g.of(), g.found()))
		}
	}
	return lines
}

// say says whether the check would have seen what it was shown.
func (c *Control) say() string {
	verb := "was not found"
	if c.Found {
		verb = "was found"
	}
	said := fmt.Sprintf("The positive control, the candidate delayed by its host by %s of the response time, %s",
		share(c.Delay), verb)
	if c.Ratio != nil {
		said += fmt.Sprintf(" (%s)", change(*c.Ratio))
	}
	return said + "."
}

// check prints a check for a terminal.
func (p *printer) check(c *Check) {
	p.sentence("", "%s", c.headline())
	p.sentence("", "%s", c.terms())
	p.table(gatesTitle, c.gatesTable())
	if c.Control != nil {
		p.sentence("", "%s", c.Control.say())
	}
	p.list("What failed", c.regressions())
	p.list("What was not decided", c.undecided())
	p.list("What was left out", Omissions(c.LeftOut))
	p.line("")
}

// checkChapter prints a check for a page.
func (p *printer) checkChapter(c *Check) {
	p.line("# forktax check: %s\n\n**%s**\n\n%s", c.Verdict, c.headline(), c.terms())
	p.chapter("Gates", "The change is that of the cost, with its interval: + is worse, for throughput, too.", c.gatesTable())
	if c.Control != nil {
		p.line("\n%s", c.Control.say())
	}
	p.items("What failed", c.regressions())
	p.items("What was not decided", c.undecided())
	p.items("What was left out", Omissions(c.LeftOut))
	p.line("")
}

// items prints a chapter that is a list, if it has a line.
func (p *printer) items(title string, lines []string) {
	if len(lines) > 0 {
		p.line("\n## %s\n\n- %s", title, strings.Join(lines, "\n- "))
	}
}

// inconclusive lists the warnings that make a run so.
func (a *Analysis) inconclusive() []Warning {
	other := func(w Warning) bool { return w.Code != Inconclusive }
	return slices.DeleteFunc(slices.Clone(a.Warnings), other)
}
