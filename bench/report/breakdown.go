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

// Tables and drawings of the phases of requests, and the table of reuse levels.

// cellsWithPhases returns the cells with known phases of a child process, at the first load of each request.
func cellsWithPhases(a *analysis.Analysis) []analysis.Cell {
	return slices.DeleteFunc(analysis.FirstLoads(a.OwnCells()), func(c analysis.Cell) bool {
		return c.PhaseNS("exit") == 0 || c.PhaseNS("spawn") == 0
	})
}

// leastShown is a share of the median response time. The time outside of the phases has a column only if it is larger
// in some cell.
const leastShown = 0.01

// phaseColumns has a column for each phase. Tables show it if any cell has that phase.
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

// phasesTable returns a table with a row for each cell of a model that starts processes.
func phasesTable(a *analysis.Analysis) grid {
	return makeTable(a, slices.Concat(cellColumns, phaseColumns), inPhases, cellsWithPhases(a), placeOf(a))
}

// waterfalls draws, in Markdown, the phases of requests for which a process was started.
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

// ends returns where each phase ends in a drawing of that width, in characters. It divides as floating-point numbers:
// results that others wrote have phases of any length.
func ends(phases []analysis.Phase, width int) []int {
	var total, at float64
	for _, p := range phases {
		total += float64(max(p.NS, 0))
	}
	var all []int
	for _, p := range phases {
		at += float64(max(p.NS, 0))
		all = append(all, int(at/max(total, 1)*float64(width)))
	}
	return all
}

// widest is the total width of a waterfall's bars, in characters.
const widest = 60

// waterfall draws the phases of a cell one below the other, each beginning where the one before it ended.
func waterfall(c analysis.Cell) string {
	var b strings.Builder
	begin := 0
	for i, end := range ends(c.Phases, widest) {
		p := c.Phases[i]
		bar := strings.Repeat("█", end-begin)
		if bar == "" {
			bar = "▏"
		}
		pad := strings.Repeat(" ", widest+1-begin-utf8.RuneCountInString(bar))
		fmt.Fprintf(&b, "%-9s %s%s%s %9s\n", p.Name, strings.Repeat(" ", begin), bar, pad, duration(p.NS))
		begin = end
	}
	return b.String()
}

// reuseTable returns a table with a row for each request at each load. Each step has a column with the response time
// that it adds, measured by the client.
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

// stepText returns the text function of a step: the response time that it adds, measured by the client.
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

// withoutIntermediate returns the analysis without the cells and start-ups of models between the first and the last
// level of reuse, which have a table of their own.
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
