package report

import (
	"fmt"
	"maps"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// published is what mod_python's own manual says of the contenders of the suite article: requests a second of a page that
// says hello, by ab with one client on a Pentium of 1.2 GHz.
var published = map[record.Contender]float64{
	{Workload: "hello in Python", Name: "cgi"}:        23,
	{Workload: "hello in Python", Name: "cgihandler"}: 385,
	{Workload: "hello in Python", Name: "publisher"}:  476,
	{Workload: "hello in Python", Name: "handler"}:    1203,
}

// suiteTable has a row for each contender of a suite: how many requests a second it answers, how many times as many as the
// baseline that is, and what one costs.
func suiteTable(a *analysis.Analysis) table.Writer {
	t := table.NewWriter()
	if a.Run.Suite == nil {
		return t
	}
	header := table.Row{"", "load", "", "", "requests/s", "× " + a.Run.Baseline, "CPU a request"}
	old := a.Run.Suite.Name == "article"
	if old {
		header = append(header, "in 2002")
	}
	t.AppendHeader(header)
	last := ""
	for _, c := range a.CellsOf(record.Closed) {
		row := table.Row{c.Workload, c.Load, c.Model, contenderTitle(a, c), units.Optional(c.ThroughputRPS, units.Number), "", units.Optional(c.CPUPerRequest, units.Duration)}
		if c.Workload == last {
			row[0] = ""
		}
		last = c.Workload
		if c.Model == a.Run.Baseline {
			row[5] = "1"
		} else if r := a.Comparison(c.Cell, analysis.MetricThroughput); r != nil {
			row[5] = units.Number(r.Ratio) + units.Interval(r.RatioLow, r.RatioHigh, units.Number) + intervalMark(*r)
		}
		if rps, known := published[record.Contender{Workload: c.Workload, Name: c.Model}]; old && known {
			row = append(row, fmt.Sprintf("%.0f/s, %.0f×", rps, rps/published[record.Contender{Workload: c.Workload, Name: a.Run.Baseline}]))
		}
		t.AppendRow(row)
	}
	alignRight(t, 5, len(header))
	return t
}

// contenderTitle says for people what a contender is.
func contenderTitle(a *analysis.Analysis, c analysis.Cell) string {
	i := slices.IndexFunc(a.Run.Suite.Contenders, func(b record.Contender) bool { return b.Workload == c.Workload && b.Name == c.Model })
	if i < 0 {
		return ""
	}
	return a.Run.Suite.Contenders[i].Title
}

// aboutSuite is what a reader of the table must know.
func aboutSuite(a *analysis.Analysis) string {
	if a.Run.Suite == nil {
		return ""
	}
	about := fmt.Sprintf("Suite %s: %s (95 %% intervals over pairs, or over starts if wider)", a.Run.Suite.Name, a.Run.Suite.About)
	if a.Run.Suite.Name == "article" {
		about += ". In 2002: mod_python's manual, a Pentium of 1.2 GHz, ab with one client"
	}
	return about
}

// suiteVersions lists the servers and languages.
func suiteVersions(s *record.Suite) []string {
	if s == nil {
		return nil
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(s.Versions)) {
		lines = append(lines, fmt.Sprintf("%s: %s", name, s.Versions[name]))
	}
	return lines
}
