package report

import (
	"fmt"
	"maps"
	"slices"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// published has the throughput of the contenders of the suite article in requests per second, from mod_python's
// manual: a hello page, measured by ab with one client on a 1.2 GHz Pentium.
var published = map[record.TargetName]float64{
	{Workload: "hello in Python", Model: record.Fresh}: 23,
	{Workload: "hello in Python", Model: "cgihandler"}: 385,
	{Workload: "hello in Python", Model: "publisher"}:  476,
	{Workload: "hello in Python", Model: "handler"}:    1203,
}

// isArticle reports whether a run is of the suite article, which has published numbers, and not of a user's suite with
// this name.
func isArticle(a *analysis.Analysis) bool {
	return a.Run.Suite != nil && a.Run.Suite.Name == "article" &&
		slices.ContainsFunc(a.Run.Suite.Contenders, func(c record.Contender) bool {
			_, known := published[record.TargetName{Workload: c.Workload, Model: c.Name}]
			return known
		})
}

// publishedText formats the published throughput of a contender, and its ratio to the baseline's.
func publishedText(a *analysis.Analysis, c analysis.Cell) string {
	rps, known := published[record.TargetName{Workload: c.Workload, Model: c.Model}]
	if !known {
		return ""
	}
	baseline, known := published[record.TargetName{Workload: c.Workload, Model: a.Run.Baseline}]
	if !known {
		return fmt.Sprintf("%.0f/s", rps)
	}
	return fmt.Sprintf("%.0f/s, %.0f×", rps, rps/baseline)
}

// timesBaseline formats the ratio of a contender's throughput to the baseline's, with its interval.
func timesBaseline(a *analysis.Analysis, c analysis.Cell) string {
	if c.Model == a.Run.Baseline {
		return "1"
	}
	r := a.Comparison(c.Cell, analysis.MetricThroughput)
	if r == nil {
		return ""
	}
	return units.Number(r.Ratio) + units.Interval(r.RatioLow, r.RatioHigh, units.Number) + intervalMark(*r)
}

// suiteTable returns a table with a row for each contender, without the columns named in left. A task is named in its
// first row only. Columns of text other than load have no title.
func suiteTable(a *analysis.Analysis, cells []analysis.Cell, left ...string) grid {
	g := cellTable(a, inSuite, cells)
	for _, column := range left {
		g = g.without(column)
	}
	last := ""
	for _, row := range g.Rows {
		if row[0].Text == last {
			row[0].Text = ""
		} else {
			last = row[0].Text
		}
	}
	for i, h := range g.Heads {
		if !h.Number && h.Name != "load" {
			g.Heads[i].Name = ""
		}
	}
	return g
}

// contenderTitle returns the description of a contender.
func contenderTitle(a *analysis.Analysis, c analysis.Cell) string {
	for _, b := range a.Run.Suite.Contenders {
		if b.Workload == c.Workload && b.Name == c.Model {
			return b.Title
		}
	}
	return ""
}

// aboutSuite returns the title of the table of a suite.
func aboutSuite(a *analysis.Analysis) string {
	about := fmt.Sprintf("Suite %s: %s (95%% CIs over pairs, or over starts if wider)", a.Run.Suite.Name,
		a.Run.Suite.About)
	if isArticle(a) {
		about += ". In 2002: mod_python's manual, 1.2 GHz Pentium, ab with one client"
	}
	return about
}

// aboutGroups describes the groups of a suite, as its file does.
func aboutGroups(s *record.SuiteInfo) (text string) {
	for _, name := range slices.Sorted(maps.Keys(s.Groups)) {
		text += fmt.Sprintf("\n%s: %s.", name, s.Groups[name])
	}
	return text
}

// suiteVersions lists the versions of servers and languages.
func suiteVersions(s *record.SuiteInfo) (lines []string) {
	if s == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.Versions)) {
		lines = append(lines, fmt.Sprintf("%s: %s", name, s.Versions[name]))
	}
	return lines
}
