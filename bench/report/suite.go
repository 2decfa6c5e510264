package report

import (
	"fmt"
	"maps"
	"slices"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// published is what mod_python's own manual says of the contenders of the suite article: requests a second of a page
// that says hello, by ab with one client on a Pentium of 1.2 GHz.
var published = map[record.Contender]float64{
	{Workload: "hello in Python", Name: record.Fresh}: 23,
	{Workload: "hello in Python", Name: "cgihandler"}: 385,
	{Workload: "hello in Python", Name: "publisher"}:  476,
	{Workload: "hello in Python", Name: "handler"}:    1203,
}

// isArticle reports whether a run is of the suite that has published numbers.
func isArticle(a *analysis.Analysis) bool { return a.Run.Suite != nil && a.Run.Suite.Name == "article" }

// publishedText is the published throughput of a contender, and how many times that of the baseline it is.
func publishedText(a *analysis.Analysis, c analysis.Cell) string {
	rps, known := published[record.Contender{Workload: c.Workload, Name: c.Model}]
	if !known {
		return ""
	}
	return fmt.Sprintf("%.0f/s, %.0f×", rps, rps/published[record.Contender{Workload: c.Workload, Name: a.Run.Baseline}])
}

// timesBaseline is the throughput of a contender over that of the baseline, with its interval.
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

// suiteTable has a row for each contender. What they do is named once, and needs no head.
func suiteTable(a *analysis.Analysis, cells []analysis.Cell) grid {
	g := cellTable(a, inSuite, cells)
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

// contenderTitle says for people what a contender is.
func contenderTitle(a *analysis.Analysis, c analysis.Cell) string {
	for _, b := range a.Run.Suite.Contenders {
		if b.Workload == c.Workload && b.Name == c.Model {
			return b.Title
		}
	}
	return ""
}

// aboutSuite is what a reader of the table must know.
func aboutSuite(a *analysis.Analysis) string {
	about := fmt.Sprintf("Suite %s: %s (95 %% intervals over pairs, or over starts if wider)", a.Run.Suite.Name,
		a.Run.Suite.About)
	if isArticle(a) {
		about += ". In 2002: mod_python's manual, a Pentium of 1.2 GHz, ab with one client"
	}
	return about
}

// suiteVersions lists the servers and languages.
func suiteVersions(s *record.SuiteInfo) (lines []string) {
	if s == nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(s.Versions)) {
		lines = append(lines, fmt.Sprintf("%s: %s", name, s.Versions[name]))
	}
	return lines
}
