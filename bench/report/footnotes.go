package report

import (
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// fewestStarts have a 95 % interval; see stats.SignedRank.
const fewestStarts = 6

// Marks of intervals that are not what they are by default: over pairs, where those over starts are no wider.
const (
	markWidened = " †"
	markPairs   = " ‡"
)

// notes explains the marks.
var notes = []struct{ mark, text string }{
	{markWidened, "over starts of the targets, which makes it more than 1.5 times as wide as over pairs of blocks"},
	{markPairs, "over pairs of blocks only: fewer than six starts of the targets cannot be judged"},
}

// intervalMark says what an interval is over, if it is not as usual.
func intervalMark(c analysis.Comparison) string {
	switch {
	case c.RatioLow == nil:
		return ""
	case c.Widened:
		return markWidened
	case c.Restarts < fewestStarts:
		return markPairs
	default:
		return ""
	}
}

// footnotes explains the marks that the comparisons of these cells have by the metric.
func footnotes(a *analysis.Analysis, cells []analysis.Cell, metric string) []string {
	var lines []string
	for _, n := range notes {
		if slices.ContainsFunc(cells, func(c analysis.Cell) bool {
			r := a.Comparison(c.Cell, metric)
			return r != nil && intervalMark(*r) == n.mark
		}) {
			lines = append(lines, strings.TrimSpace(n.mark)+" "+n.text)
		}
	}
	return lines
}

// intervalText says in words what the interval is over.
func intervalText(c analysis.Comparison) string {
	switch {
	case c.Over == "":
		return units.Absent
	case c.Metric == analysis.MetricResponse99:
		return "bootstrap over pairs"
	case c.Widened:
		return "over starts, above 1.5 times as wide as over pairs"
	case c.Restarts < fewestStarts:
		return "over pairs only: too few starts"
	default:
		return "over " + c.Over
	}
}
