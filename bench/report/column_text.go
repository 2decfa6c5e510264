package report

import (
	"fmt"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// Texts of columns that are not just a value in its unit.

// percentile returns the text function of a percentile of response times.
func percentile(name string) func(*analysis.Analysis, analysis.Cell) string {
	return of(func(c analysis.Cell) string { return percentileText(c.Response, name) })
}

// percentileText formats the named percentile.
func percentileText(p analysis.Percentiles, name string) string {
	text := ns.format(field(p, name), units.Absent)
	if slices.Contains(p.AtLeast, name) {
		return "≥ " + text
	}
	return text
}

// mainMetric returns the metric by which cells are compared first.
func mainMetric(a *analysis.Analysis) string {
	if a.Run.Suite != nil && len(a.CellsOf(record.Closed)) > 0 { // at a rate, all have the same throughput
		return analysis.MetricThroughput
	}
	return analysis.MetricResponse
}

// comparisons returns the wanted comparisons with the baseline by the main metric.
func comparisons(a *analysis.Analysis, wanted func(analysis.Comparison) bool) []analysis.Comparison {
	return slices.DeleteFunc(slices.Clone(a.Comparisons), func(c analysis.Comparison) bool {
		return c.Metric != mainMetric(a) || c.Baseline != a.Run.Baseline || !wanted(c)
	})
}

// comparesModels reports whether a run compares models. The contenders of a suite are not models.
func comparesModels(a *analysis.Analysis) bool { return a.Run.Suite == nil }

func hasDatabaseCPU(a *analysis.Analysis) bool {
	return slices.ContainsFunc(a.Cells, func(c analysis.Cell) bool { return c.DatabaseCPU != nil })
}

// hasQueued reports whether the time that threads waited for a CPU is known for any cell.
func hasQueued(a *analysis.Analysis) bool {
	return slices.ContainsFunc(a.Cells, func(c analysis.Cell) bool {
		return c.GeneratorQueue != nil ||
			c.ServerQueue != nil
	})
}

// taxText returns the ratio of a cell's response time to the baseline's.
func taxText(a *analysis.Analysis, c analysis.Cell) string {
	if a.Overloaded(c) {
		return "overload"
	}
	if r := a.Comparison(c.Cell, analysis.MetricResponse); r != nil {
		return timesText(*r) + intervalMark(*r)
	}
	return ""
}

// taxPlace returns a function that returns the place in the JSON of a field of the comparison that taxText formats.
func taxPlace(field string) func(*analysis.Analysis, analysis.Cell) string {
	return func(a *analysis.Analysis, c analysis.Cell) string {
		return fmt.Sprintf(".comparisons.%d.%s", a.ComparisonIndex(c.Cell, analysis.MetricResponse), field)
	}
}

// timesText formats a ratio with its interval.
func timesText(c analysis.Comparison) string {
	return units.Number(c.Ratio) + "×" + units.Interval(c.RatioLow, c.RatioHigh, units.Number)
}

// differenceText formats a difference in the unit of the compared metric, with its interval.
func differenceText(c analysis.Comparison) string {
	print := units.Duration
	if c.Unit != "ns" {
		print = units.Rate
	}
	return print(c.Difference) + units.Interval(c.DifferenceLow, c.DifferenceHigh, print)
}

// savingsText lists the measures with their savings.
func savingsText(d analysis.Decision) string {
	var parts []string
	for _, s := range d.Savings {
		most := ""
		if s.AtMost {
			most = "up to "
		}
		parts = append(parts, fmt.Sprintf("%s %s%s (%.0f%%)", s.By, most, units.Duration(s.NS), s.Share*100))
	}
	return strings.Join(parts, ", ")
}

// fewestStarts is the smallest number of starts that has a 95% interval; see stats.SignedRank.
const fewestStarts = 6

// notes explains the marks of intervals that are not the default. The default is the interval over pairs of blocks,
// if the interval over starts is at most 1.5 times as wide.
var notes = []struct{ mark, text string }{
	{" †", "over " +
		"starts of the targets: more than 1.5 times as wide as over pairs of blocks; increase --starts to narrow it"},
	{" ‡", "over pairs of blocks only: an interval over starts needs at least six starts"},
}

// intervalMark returns the mark of an interval that is not the default.
func intervalMark(c analysis.Comparison) string {
	switch {
	case c.RatioLow == nil:
		return ""
	case c.Widened:
		return notes[0].mark
	case c.Starts < fewestStarts:
		return notes[1].mark
	}
	return ""
}

// footnotes explains the marks in the comparisons of these cells by the metric.
func footnotes(a *analysis.Analysis, cells []analysis.Cell, metric string) (lines []string) {
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

// intervalText describes the sampling unit of the interval.
func intervalText(c analysis.Comparison) string {
	switch {
	case c.Over == "":
		return units.Absent
	case c.Metric == analysis.MetricResponse99:
		return "bootstrap over pairs"
	case c.Widened:
		return "over starts, above 1.5 times as wide as over pairs"
	case c.Starts < fewestStarts:
		return "over pairs only: too few starts"
	}
	return "over " + c.Over
}
