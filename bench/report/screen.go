package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// Limits of the first screen.
const (
	screenWidth = 100 // columns where the output is not a terminal
	screenRows  = 12  // maximum number of rows of its table
)

// Screen prints the first screen of a result: for a check its verdict and its gates; for a run a summary line for each
// request, the warnings, one table, and the phases of requests. Details prints the rest.
func Screen(w io.Writer, a *analysis.Analysis, t Terminal) error {
	if t.Width == 0 {
		t.Width = screenWidth
	}
	p := printer{w: w, t: t, brief: true}
	a = respell(a, inText)
	if a.Check != nil {
		p.headline(a)
		p.check(a.Check)
	} else {
		p.cautions(a)
		for _, line := range texts(answers(a)) {
			p.sentence("", line)
		}
	}
	p.list("Warnings", warnings(withoutTraps(decided(a)), "%s: %s; %s."))
	if a.Check == nil {
		p.section(firstTable(a))
		p.timeline(a)
	}
	p.line("")
	p.sentence("", subjects(a))
	p.sentence("", summary(a))
	return p.err
}

// decided leaves out of a check the warning that comparisons lack an interval: the verdict reports what is undecided.
func decided(a *analysis.Analysis) *analysis.Analysis {
	if a.Check == nil {
		return a
	}
	less := *a
	less.Warnings = slices.DeleteFunc(slices.Clone(a.Warnings), func(w analysis.Warning) bool {
		return w.Code == analysis.Inconclusive
	})
	return &less
}

// withoutTraps leaves out of warnings the texts of traps, which the screen has already.
func withoutTraps(a *analysis.Analysis) *analysis.Analysis {
	less := *a
	less.Warnings = slices.Clone(a.Warnings)
	for _, trap := range trapsOf(a) {
		for i, w := range less.Warnings {
			if rest, repeats := strings.CutSuffix(w.Text, ": "+trap.Text); repeats {
				less.Warnings[i].Text = rest
			}
		}
	}
	return &less
}

// cautions prints the traps. They come before everything else.
func (p *printer) cautions(a *analysis.Analysis) {
	for _, w := range trapsOf(a) {
		p.sentence("", fmt.Sprintf("Caution, %s: %s; %s.", w.Code, w.Text, w.Advice))
	}
}

// firstTable returns the table of the first screen: cells at the first load of each request.
func firstTable(a *analysis.Analysis) section {
	a = withoutIntermediate(a)
	cells := analysis.FirstLoads(a.OwnCells())
	s := section{Title: "Response time and CPU time per request"}
	switch {
	case len(a.ColdStarts) > 0:
		return section{Title: "Cold and warm starts",
			Table: makeTable(a, coldColumns, 0, a.ColdStarts, placeIn(".cold_starts", a.ColdStarts))}
	case a.Run.Suite != nil && mainMetric(a) != analysis.MetricThroughput: // it has open loops only
		s = section{Title: aboutSuite(a), Table: cellTable(a, inOpen, cells)}
	case a.Run.Suite != nil:
		load, one := onlyLoad(cells)
		s = section{Title: aboutSuite(a), Table: suiteTable(a, cells, "title")}
		if one {
			s = section{Title: aboutSuite(a) + "; " + load.String(), Table: suiteTable(a, cells, "title", "load")}
		}
	default:
		s.Table = cellTable(a, inScreen, cells)
		s.Notes = footnotes(a, cells, analysis.MetricResponse)
		if load, one := onlyLoad(cells); one {
			s.Title += ", " + load.String()
			s.Table = s.Table.without("load")
		}
	}
	if more := len(s.Table.Rows) - screenRows; more > 0 {
		s.Table.Rows = s.Table.Rows[:screenRows]
		s.Notes = append(s.Notes, fmt.Sprintf("… and %s: see --details.", units.Plural(more, "more row")))
	}
	return s
}

// onlyLoad returns the load of the first cell, and reports whether all cells have the same load.
func onlyLoad(cells []analysis.Cell) (load record.Load, one bool) {
	if len(cells) == 0 {
		return load, false
	}
	load = cells[0].Load
	return load, !slices.ContainsFunc(cells, func(c analysis.Cell) bool { return c.Load != load })
}

// without returns the table without the named column.
func (g grid) without(name string) grid {
	i := slices.IndexFunc(g.Heads, func(h head) bool { return h.Name == name })
	if i < 0 {
		return g
	}
	less := grid{Heads: slices.Delete(slices.Clone(g.Heads), i, i+1)}
	for _, row := range g.Rows {
		less.Rows = append(less.Rows, slices.Delete(slices.Clone(row), i, i+1))
	}
	return less
}
