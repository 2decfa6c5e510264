package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/workload/contract"
)

// Tables and figures of where the time of a request goes, and of what keeping a thing is worth.

// told lists the cells in which a child's phases are known, at the first load of each request.
func (a *Analysis) told() []Cell {
	return slices.DeleteFunc(firstLoads(a.ownCells()), func(c Cell) bool { return c.phase("exit") == 0 || c.phase("spawn") == 0 })
}

// leastShown is the share of a request that what is outside of the phases must have somewhere to be worth a column.
const leastShown = 0.01

// shown are the phases that have a column, in order: those that any of the cells has, and no others.
func shown(cells []Cell) []string {
	var names []string
	for _, name := range append(contract.Phases[:], Outside) {
		if slices.ContainsFunc(cells, func(c Cell) bool {
			ns := c.phase(name)
			return ns > 0 && (name != Outside || c.Response.P50 == nil || float64(ns) > leastShown*float64(*c.Response.P50))
		}) {
			names = append(names, name)
		}
	}
	return names
}

// phasesTable has a row for each cell of a model that starts processes, and a column for each phase.
func phasesTable(a *Analysis) table.Writer {
	cells := a.told()
	names := shown(cells)
	t := table.NewWriter()
	header := table.Row{"request", "load", "model", "p50"}
	for _, name := range names {
		header = append(header, name)
	}
	t.AppendHeader(header)
	for _, c := range cells {
		row := table.Row{requestName(c.Workload, c.Request), c.Load, c.Model, c.Response.print("p50")}
		for _, name := range names {
			cell := absent
			if ns := c.phase(name); ns > 0 {
				cell = duration(float64(ns))
			}
			row = append(row, cell)
		}
		t.AppendRow(row)
	}
	alignRight(t, 4, 4+len(names))
	return t
}

// parts says in a sentence what a request with a process of its own consists of: its longest phases, and the floor, which
// is the kernel's and the host's share.
func (a *Analysis) parts(c Cell) string {
	if c.phase(contract.PhaseExit.String()) == 0 || c.Response.P50 == nil {
		return ""
	}
	longest := slices.Clone(c.Phases)
	slices.SortStableFunc(longest, func(p, q Phase) int { return cmp.Compare(q.NS, p.NS) })
	var parts []string
	for _, p := range longest[:min(3, len(longest))] {
		parts = append(parts, fmt.Sprintf("%s takes %s", p.Name, duration(float64(p.NS))))
	}
	sentence := fmt.Sprintf(" Of its %s, %s", c.Response.print("p50"), strings.Join(parts, ", "))
	if f := a.floor(c); f != nil {
		sentence += fmt.Sprintf("; the smallest program there is takes %s through the same host", f.Response.print("p50"))
	}
	return sentence + "."
}

// floor finds the floor's cell under the engine and load of a cell.
func (a *Analysis) floor(c Cell) *Cell {
	for i, f := range a.Cells {
		if a.Run.Floor != "" && f.Workload == a.Run.Floor && f.Engine == c.Engine && f.Load == c.Load && f.Response.P50 != nil {
			return &a.Cells[i]
		}
	}
	return nil
}

// widest is how many characters a waterfall's bars take together.
const widest = 60

// waterfall draws the phases of a cell one below the other, each beginning where the one before it ended.
func waterfall(c Cell) string {
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
		fmt.Fprintf(&b, "%-9s %s%s%s %9s\n", p.Name, strings.Repeat(" ", begin), bar, pad, duration(float64(p.NS)))
	}
	return b.String()
}

// ladderTable has a row for each request, at each load, and for each step what the client saw it cost.
func ladderTable(a *Analysis) table.Writer {
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
		row := table.Row{requestName(l.Workload, l.Request), l.Load}
		for _, name := range steps {
			i := slices.IndexFunc(l.Steps, func(s Step) bool { return s.Renews == name })
			if i < 0 {
				row = append(row, absent)
				continue
			}
			row = append(row, l.Steps[i].Response.print())
		}
		t.AppendRow(row)
	}
	alignRight(t, 3, 2+len(steps))
	return t
}

// stepsTable is the ladder in full: a row for each step, as the client saw it, as the servers told it, and in CPU.
func stepsTable(a *Analysis) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"request", "load", "renewed", "from", "to", "adds, by the client", "by the servers", "CPU", "agree"})
	for _, l := range a.Ladders {
		for _, s := range l.Steps {
			agree := "yes"
			if !s.Agree {
				agree = "no"
			}
			t.AppendRow(table.Row{requestName(l.Workload, l.Request), l.Load, s.Renews, s.From, s.To, s.Response.print(), s.Phases.print(),
				s.CPU.print(), agree})
		}
	}
	alignRight(t, 6, 8)
	return t
}

// ends leaves out the cells of models between the ends of a ladder, which has a table of its own.
func (a *Analysis) ends() *Analysis {
	some := *a
	some.Cells = slices.DeleteFunc(slices.Clone(a.Cells), func(c Cell) bool {
		return slices.ContainsFunc(a.Ladders, func(l Ladder) bool {
			return l.Workload == c.Workload && l.Request == c.Request && l.Load == c.Load && l.between(c.Model)
		})
	})
	return &some
}

// between says whether a model is neither the first nor the last of the ladder.
func (l Ladder) between(model string) bool {
	return slices.ContainsFunc(l.Steps[1:], func(s Step) bool { return s.From == model })
}

// decisionTable has a row for each model of each request.
func decisionTable(a *Analysis) table.Writer {
	t := table.NewWriter()
	header := table.Row{"request", "model"}
	for _, rps := range ratesShown {
		header = append(header, "at "+rate(rps))
	}
	t.AppendHeader(append(header, "a second core from", "would take away of the tax"))
	for _, d := range a.Decisions {
		row := table.Row{requestName(d.Workload, d.Request), d.Model}
		for _, s := range d.CoreShares {
			row = append(row, percent(s.Cores))
		}
		t.AppendRow(append(row, rate(d.SecondCoreRPS), d.words()))
	}
	alignRight(t, 3, 3+len(ratesShown))
	return t
}
