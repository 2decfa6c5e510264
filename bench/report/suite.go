package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/bench/plan"
	"forktax/bench/record"
)

// published is what mod_python's own manual says of the contenders of the suite article: requests a second of a page that
// says hello, by ab with one client on a Pentium of 1.2 GHz.
var published = map[plan.Contender]float64{
	{Workload: "hello in Python", Name: "cgi"}:        23,
	{Workload: "hello in Python", Name: "cgihandler"}: 385,
	{Workload: "hello in Python", Name: "publisher"}:  476,
	{Workload: "hello in Python", Name: "handler"}:    1203,
}

// suiteTable has a row for each contender of a suite: how many requests a second it answers, how many times as many as the
// baseline that is, and what one costs.
func suiteTable(a *Analysis) table.Writer {
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
	for _, c := range a.own(plan.Closed) {
		row := table.Row{c.Workload, c.Load, c.Model, a.title(c), optional(c.ThroughputRPS, three), "", optional(c.CPUPerRequest, duration)}
		if c.Workload == last {
			row[0] = ""
		}
		last = c.Workload
		if c.Model == a.Run.Baseline {
			row[5] = "1"
		} else if r := a.comparison(c.Cell, MetricThroughput); r != nil {
			row[5] = three(r.Ratio) + between(r.RatioLow, r.RatioHigh, three) + r.mark()
		}
		if rps, known := published[plan.Contender{Workload: c.Workload, Name: c.Model}]; old && known {
			row = append(row, fmt.Sprintf("%.0f/s, %.0f×", rps, rps/published[plan.Contender{Workload: c.Workload, Name: a.Run.Baseline}]))
		}
		t.AppendRow(row)
	}
	alignRight(t, 5, len(header))
	return t
}

// title says for people what a contender is.
func (a *Analysis) title(c Cell) string {
	i := slices.IndexFunc(a.Run.Suite.Contenders, func(b plan.Contender) bool { return b.Workload == c.Workload && b.Name == c.Model })
	if i < 0 {
		return ""
	}
	return a.Run.Suite.Contenders[i].Title
}

// aboutSuite is what a reader of the table must know.
func aboutSuite(a *Analysis) string {
	if a.Run.Suite == nil {
		return ""
	}
	about := fmt.Sprintf("Suite %s: %s (95 %% intervals over pairs, or over starts if wider)", a.Run.Suite.Name, a.Run.Suite.About)
	if a.Run.Suite.Name == "article" {
		about += ". In 2002: mod_python's manual, a Pentium of 1.2 GHz, ab with one client"
	}
	return about
}

// suiteWarning names what of a suite was left out.
func suiteWarning(r *record.Result) (Warning, bool) {
	s := r.Plan.Suite
	if s == nil || len(s.LeftOut) == 0 {
		return Warning{}, false
	}
	return Warning{Code: "left out", Text: fmt.Sprintf("of the suite %s not all could be had: %s", s.Name, strings.Join(s.LeftOut, "; ")),
		Advice: "install what is missing"}, true
}

// unaccounted warns of contenders of a suite whose CPU is not known.
func unaccounted(a *Analysis) (Warning, bool) {
	var names []string
	for _, c := range a.ownCells() {
		if a.Run.Suite != nil && c.CPUPerRequest == nil {
			names = append(names, c.String())
		}
	}
	return about(names, Warning{Code: "no-cpu",
		Text: fmt.Sprintf("the CPU a request of %s is not known, and left out", some(names)),
		Advice: "the kernel forgets the children of some servers, unless the harness may make a control group for each: " +
			"cgroups version 2, as root"})
}

// suiteVersions lists the servers and languages.
func suiteVersions(s *plan.Suite) []string {
	if s == nil {
		return nil
	}
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(s.Versions)) {
		lines = append(lines, fmt.Sprintf("%s: %s", name, s.Versions[name]))
	}
	return lines
}
