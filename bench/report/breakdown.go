package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"forktax/bench/analysis"
	"forktax/bench/units"
	"forktax/workload/contract"
)

// Tables and drawings of where the time of a request goes, and of what keeping a thing is worth.

// cellsWithPhases lists the cells in which a child's phases are known, at the first load of each request.
func cellsWithPhases(a *analysis.Analysis) []analysis.Cell {
	return slices.DeleteFunc(analysis.FirstLoads(a.OwnCells()), func(c analysis.Cell) bool {
		return c.PhaseNS("exit") == 0 || c.PhaseNS("spawn") == 0
	})
}

// leastShown is the share of a request that what is outside of the phases must have somewhere to be worth a column.
const leastShown = 0.01

// phaseColumns has one for each phase, which tables have if any of their cells has it.
var phaseColumns = func() (columns []column[analysis.Cell]) {
	for _, name := range append(contract.Phases[:], analysis.Outside) {
		columns = append(columns, column[analysis.Cell]{Name: name, Unit: ns, In: inPhases, About: aboutPhases,
			When: func(a *analysis.Analysis) bool {
				return slices.ContainsFunc(cellsWithPhases(a), func(c analysis.Cell) bool {
					ns := float64(c.PhaseNS(name))
					return ns > 0 && (name != analysis.Outside || c.Response.P50 == nil || ns > leastShown*float64(*c.Response.P50))
				})
			},
			Text: of(func(c analysis.Cell) string {
				if c.PhaseNS(name) == 0 {
					return units.Absent
				}
				return duration(c.PhaseNS(name))
			}),
			Place: func(a *analysis.Analysis, c analysis.Cell) string {
				i := slices.IndexFunc(c.Phases, func(p analysis.Phase) bool { return p.Name == name })
				return fmt.Sprintf("%s.phases.%d.ns", placeOf(a)(c), i)
			}})
	}
	return columns
}()

// phasesTable has a row for each cell of a model that starts processes.
func phasesTable(a *analysis.Analysis) grid {
	return makeTable(a, slices.Concat(cellColumns, phaseColumns), inPhases, cellsWithPhases(a), placeOf(a))
}

// waterfalls draws the phases of the requests for which a process was started, in Markdown.
func waterfalls(a *analysis.Analysis) string {
	var all []string
	for _, c := range cellsWithPhases(a) {
		all = append(all, fmt.Sprintf("%s, %s, %s: %s\n\n```\n%s```", requestOfCell(c), c.Model, c.Load,
			percentileText(c.Response, "p50"), waterfall(c)))
	}
	return strings.Join(all, "\n\n")
}

func phaseSum(c analysis.Cell) (sum int64) {
	for _, p := range c.Phases {
		sum += p.NS
	}
	return sum
}

// widest is how many characters a waterfall's bars take together.
const widest = 60

// waterfall draws the phases of a cell one below the other, each beginning where the one before it ended.
func waterfall(c analysis.Cell) string {
	total := phaseSum(c)
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
		fmt.Fprintf(&b, "%-9s %s%s%s %9s\n", p.Name, strings.Repeat(" ", begin), bar, pad, duration(p.NS))
	}
	return b.String()
}

// reuseTable has a row for each request, at each load, and for each step what the client saw it cost.
func reuseTable(a *analysis.Analysis) grid {
	columns := []column[analysis.ReuseLevels]{
		{Name: "request", Key: "request", Text: requestOf[analysis.ReuseLevels]},
		{Name: "load", Key: "load"},
	}
	for _, l := range a.ReuseLevels {
		for _, s := range l.Steps {
			if !slices.ContainsFunc(columns[2:], func(c column[analysis.ReuseLevels]) bool { return c.Name == s.NotReused }) {
				columns = append(columns, column[analysis.ReuseLevels]{Name: s.NotReused, Unit: ns, Text: stepText(s.NotReused)})
			}
		}
	}
	return makeTable(a, columns, 0, a.ReuseLevels, nil)
}

// stepText is what the client saw a step of a ladder cost.
func stepText(renews string) func(*analysis.Analysis, analysis.ReuseLevels) string {
	return of(func(l analysis.ReuseLevels) string {
		for _, s := range l.Steps {
			if s.NotReused == renews {
				e := s.Response
				return units.Optional(e.Value, units.Duration) +
					units.Interval(e.Low, e.High, units.Duration)
			}
		}
		return units.Absent
	})
}

// withoutIntermediate leaves out the cells of models between the first and the last level of reuse, which have a table
// of their own.
func withoutIntermediate(a *analysis.Analysis) *analysis.Analysis {
	some := *a
	isBetween := func(l analysis.ReuseLevels, model string) bool {
		return slices.ContainsFunc(l.Steps[1:], func(s analysis.Step) bool { return s.From == model })
	}
	some.Cells = slices.DeleteFunc(slices.Clone(a.Cells), func(c analysis.Cell) bool {
		return slices.ContainsFunc(a.ReuseLevels, func(l analysis.ReuseLevels) bool {
			return l.Workload == c.Workload && l.Request == c.Request && l.Load == c.Load && isBetween(l, c.Model)
		})
	})
	some.StartUps = slices.DeleteFunc(slices.Clone(a.StartUps), func(s analysis.StartUp) bool {
		return slices.ContainsFunc(a.ReuseLevels, func(l analysis.ReuseLevels) bool {
			return l.Workload == s.Workload && isBetween(l, s.Model)
		})
	})
	return &some
}
