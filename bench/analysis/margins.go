package analysis

import (
	"fmt"
	"slices"
	"strings"

	"forktax/bench/record"
	"forktax/bench/units"
)

// MarginText returns the margin of a gate for display, such as "20% and 10", both of which a regression exceeds; ""
// if it is unknown.
func (g Gate) MarginText() string {
	switch {
	case g.Margin == nil:
		return ""
	case g.MarginCount == 0 && *g.Margin == 0 && g.Kind == countsKind:
		return "0"
	case g.MarginCount == 0:
		return units.Share(*g.Margin)
	case *g.Margin == 0:
		return units.Count(g.MarginCount)
	}
	return units.Share(*g.Margin) + " and " + units.Count(g.MarginCount)
}

// Changed reports whether a count is higher than the base's and still passes.
func (g Gate) Changed() bool {
	return g.Kind == countsKind && g.Verdict == Pass && g.Base != nil && g.Candidate != nil && *g.Candidate > *g.Base
}

// judge compares two counts, which have no noise.
func (g *Gate) judge(base, candidate float64, margin record.Margin) {
	g.Base, g.Candidate, g.Verdict = &base, &candidate, Pass
	g.Margin, g.MarginCount = &margin.Share, margin.Count
	if base > 0 {
		g.Ratio = new(candidate / base)
	}
	if margin.Exceeded(base, candidate) {
		g.Verdict, g.Why = Regression, "above its margin of "+g.MarginText()
	} else if g.Changed() {
		g.Why = "changed within its margin of " + g.MarginText()
	}
}

// marginFlag returns the flag with which none of these gates of one count would be a regression: with the same share,
// and the largest increase as the count.
func marginFlag(gates []Gate) string {
	m := record.Margin{Share: *gates[0].Margin}
	for _, g := range gates {
		m.Count = max(m.Count, int64(*g.Candidate-*g.Base))
	}
	return fmt.Sprintf("--margin %s=%s", gates[0].Metric, m)
}

// quoteMargins adds to each regression of a count the flag that accepts it.
func quoteMargins(gates []Gate) {
	for i, g := range gates {
		if g.Verdict == Regression {
			gates[i].Why += "; to accept it, use " + marginFlag(sameMetric(gates, g, Regression))
		}
	}
}

func sameMetric(gates []Gate, g Gate, verdict string) []Gate {
	return slices.DeleteFunc(slices.Clone(gates), func(other Gate) bool {
		return other.Metric != g.Metric || other.Verdict != verdict
	})
}

// acceptText returns, for the headline of a regression of counts only, the flags that accept them; "" for other
// regressions.
func acceptText(regressed []Gate) string {
	counted, _ := Gated()
	var flags []string
	for _, g := range regressed {
		if !slices.Contains(counted, g.Metric) {
			return ""
		}
		if flag := marginFlag(sameMetric(regressed, g, Regression)); !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	counts := "count"
	if len(flags) > 1 {
		counts += "s"
	}
	return fmt.Sprintf("; to accept the %s, use %s", counts, strings.Join(flags, " "))
}

// changedText lists, for the headline of a pass, the counts that changed within their margins.
func (c *Check) changedText() string {
	var changes []string
	for _, g := range c.Gates {
		if g.Changed() {
			changes = append(changes, fmt.Sprintf("%s (%s) %.0f → %.0f", g.Metric, g.Request, *g.Base, *g.Candidate))
		}
	}
	if changes == nil {
		return ""
	}
	return "; changed within its margin: " + strings.Join(changes, ", ")
}

// passGates names the gates in which a passing candidate costs less than the increase that must be caught. A count that
// changed within its margin can be above that.
func (c *Check) passGates() string {
	names := "each gate"
	if slices.ContainsFunc(c.Gates, Gate.Changed) {
		names = "each measured gate"
	}
	if len(c.named(Unbounded)) > 0 {
		names += " that decides"
	}
	return names
}
