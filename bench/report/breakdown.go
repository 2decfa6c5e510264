package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/bench/analysis"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// Tables and figures of where the time of a request goes, and of what keeping a thing is worth.

// cellsWithPhases lists the cells in which a child's phases are known, at the first load of each request.
func cellsWithPhases(a *analysis.Analysis) []analysis.Cell {
	return slices.DeleteFunc(analysis.FirstLoads(a.OwnCells()), func(c analysis.Cell) bool { return c.PhaseNS("exit") == 0 || c.PhaseNS("spawn") == 0 })
}

// leastShown is the share of a request that what is outside of the phases must have somewhere to be worth a column.
const leastShown = 0.01

// shown are the phases that have a column, in order: those that any of the cells has, and no others.
func shown(cells []analysis.Cell) []string {
	var names []string
	for _, name := range append(contract.Phases[:], analysis.Outside) {
		if slices.ContainsFunc(cells, func(c analysis.Cell) bool {
			ns := c.PhaseNS(name)
			return ns > 0 && (name != analysis.Outside || c.Response.P50 == nil || float64(ns) > leastShown*float64(*c.Response.P50))
		}) {
			names = append(names, name)
		}
	}
	return names
}

// phasesTable has a row for each cell of a model that starts processes, and a column for each phase.
func phasesTable(a *analysis.Analysis) table.Writer {
	cells := cellsWithPhases(a)
	names := shown(cells)
	t := table.NewWriter()
	header := table.Row{"request", "load", "model", "p50"}
	for _, name := range names {
		header = append(header, name)
	}
	t.AppendHeader(header)
	for _, c := range cells {
		row := table.Row{analysis.RequestName(c.Workload, c.Request), c.Load, c.Model, percentileText(c.Response, "p50")}
		for _, name := range names {
			cell := units.Absent
			if ns := c.PhaseNS(name); ns > 0 {
				cell = units.Duration(float64(ns))
			}
			row = append(row, cell)
		}
		t.AppendRow(row)
	}
	alignRight(t, 4, 4+len(names))
	return t
}

// longestPhases says in a sentence what a request with a process of its own consists of: its longest phases, and the floor, which
// is the kernel's and the host's share.
func longestPhases(a *analysis.Analysis, c analysis.Cell) string {
	if c.PhaseNS(contract.PhaseExit.String()) == 0 || c.Response.P50 == nil {
		return ""
	}
	longest := slices.Clone(c.Phases)
	slices.SortStableFunc(longest, func(p, q analysis.Phase) int { return cmp.Compare(q.NS, p.NS) })
	var parts []string
	for _, p := range longest[:min(3, len(longest))] {
		parts = append(parts, fmt.Sprintf("%s takes %s", p.Name, units.Duration(float64(p.NS))))
	}
	sentence := fmt.Sprintf(" Of its %s, %s", percentileText(c.Response, "p50"), strings.Join(parts, ", "))
	if f := a.FloorOf(c); f != nil {
		sentence += fmt.Sprintf("; the smallest program there is takes %s through the same host", percentileText(f.Response, "p50"))
	}
	return sentence + "."
}

// widest is how many characters a waterfall's bars take together.
const widest = 60

// waterfall draws the phases of a cell one below the other, each beginning where the one before it ended.
func waterfall(c analysis.Cell) string {
	var total int64
	for _, p := range c.Phases {
		total += p.NS
	}
	var b strings.Builder
	at := int64(0)
	for _, p := range c.Phases {
		begin, end := int(at*widest/total), int((at+p.NS)*widest/total)
		at += p.NS
		bar := strings.Repeat("█", end-begin)
		if bar == "" {
			bar = "▏"
		}
		pad := strings.Repeat(" ", widest+1-begin-utf8.RuneCountInString(bar))
		fmt.Fprintf(&b, "%-9s %s%s%s %9s\n", p.Name, strings.Repeat(" ", begin), bar, pad, units.Duration(float64(p.NS)))
	}
	return b.String()
}

// ladderTable has a row for each request, at each load, and for each step what the client saw it cost.
func ladderTable(a *analysis.Analysis) table.Writer {
	var steps []string
	for _, l := range a.Ladders {
		for _, s := range l.Steps {
			if !slices.Contains(steps, s.Renews) {
				steps = append(steps, s.Renews)
			}
		}
	}
	t := table.NewWriter()
	header := table.Row{"request", "load"}
	for _, name := range steps {
		header = append(header, name)
	}
	t.AppendHeader(header)
	for _, l := range a.Ladders {
		row := table.Row{analysis.RequestName(l.Workload, l.Request), l.Load}
		for _, name := range steps {
			i := slices.IndexFunc(l.Steps, func(s analysis.Step) bool { return s.Renews == name })
			if i < 0 {
				row = append(row, units.Absent)
				continue
			}
			row = append(row, estimateText(l.Steps[i].Response))
		}
		t.AppendRow(row)
	}
	alignRight(t, 3, 2+len(steps))
	return t
}

// stepsTable is the ladder in full: a row for each step, as the client saw it, as the servers told it, and in CPU.
func stepsTable(a *analysis.Analysis) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "renewed", "from", "to", "adds, by the client", "by the servers", "CPU", "agree"})
	for _, l := range a.Ladders {
		for _, s := range l.Steps {
			agree := "yes"
			if !s.Agree {
				agree = "no"
			}
			t.AppendRow(table.Row{analysis.RequestName(l.Workload, l.Request), l.Load, s.Renews, s.From, s.To, estimateText(s.Response), estimateText(s.Phases),
				estimateText(s.CPU), agree})
		}
	}
	alignRight(t, 6, 8)
	return t
}

// withoutIntermediate leaves out the cells of models between the ends of a ladder, which has a table of its own.
func withoutIntermediate(a *analysis.Analysis) *analysis.Analysis {
	some := *a
	some.Cells = slices.DeleteFunc(slices.Clone(a.Cells), func(c analysis.Cell) bool {
		return slices.ContainsFunc(a.Ladders, func(l analysis.Ladder) bool {
			return l.Workload == c.Workload && l.Request == c.Request && l.Load == c.Load && isIntermediate(l, c.Model)
		})
	})
	return &some
}

// FormatInterval says whether a model is neither the first nor the last of the ladder.
func isIntermediate(l analysis.Ladder, model string) bool {
	return slices.ContainsFunc(l.Steps[1:], func(s analysis.Step) bool { return s.From == model })
}

// decisionTable has a row for each model of each request.
func decisionTable(a *analysis.Analysis) table.Writer {
	t := table.NewWriter()
	header := table.Row{"request", "model"}
	for _, rps := range analysis.DecisionRates {
		header = append(header, "at "+units.Rate(rps))
	}
	t.AppendHeader(append(header, "a second core from", "would take away of the tax"))
	for _, d := range a.Decisions {
		row := table.Row{analysis.RequestName(d.Workload, d.Request), d.Model}
		for _, s := range d.CoreShares {
			row = append(row, units.Percent(s.Cores))
		}
		t.AppendRow(append(row, units.Rate(d.SecondCoreRPS), savingsText(d)))
	}
	alignRight(t, 3, 3+len(analysis.DecisionRates))
	return t
}

func estimateText(e analysis.Estimate) string {
	return units.Optional(e.Value, units.Duration) + units.Interval(e.Low, e.High, units.Duration)
}
