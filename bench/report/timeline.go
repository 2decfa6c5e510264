package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// timelineName is the maximum width of the names beside the bars, in characters.
const timelineName = 30

// timelineParts is the number of phases that are listed below a bar.
const timelineParts = 3

// narrowestBar is the smallest width at which a bar is drawn, in characters.
const narrowestBar = 10

// timeline draws the phases of each request at its first load: a bar that is divided into the phases in order, and
// below it a list of the longest phases.
func (p *printer) timeline(a *analysis.Analysis) {
	cells := slices.DeleteFunc(cellsWithPhases(withoutIntermediate(a)), func(c analysis.Cell) bool {
		return c.Workload == a.Run.Floor
	})
	if len(cells) == 0 {
		return
	}
	one := cells[0].Model
	if slices.ContainsFunc(cells, func(c analysis.Cell) bool { return c.Model != one }) {
		one = ""
	}
	p.line("\nWhere the time of a request goes: medians of its phases%s", strings.TrimSuffix(", "+one, ", "))
	nameOf := func(c analysis.Cell) string {
		if one == "" {
			return requestOfCell(c) + ", " + c.Model
		}
		return requestOfCell(c)
	}
	median := func(c analysis.Cell) string { return percentileText(c.Response, "p50") }
	wide, widest := 0, 0
	for _, c := range cells {
		wide = max(wide, min(utf8.RuneCountInString(nameOf(c)), timelineName))
		widest = max(widest, utf8.RuneCountInString(p.t.plain(median(c))))
	}
	for _, c := range cells {
		before := fmt.Sprintf("%s %s", p.t.pad(nameOf(c), wide), p.t.pad(median(c), widest))
		if room := p.t.Width - utf8.RuneCountInString(before) - 1; room >= narrowestBar {
			p.line("%s %s", before, p.t.stacked(wholeOf(c), room))
		} else {
			p.line("%s", strings.TrimRight(before, " "))
		}
		p.sentence(strings.Repeat(" ", min(utf8.RuneCountInString(before)+1, p.t.Width/4)), longest(c))
	}
}

// stacked returns a bar of that width, in which each phase has its share. A phase's name is printed if it fits.
func (t Terminal) stacked(phases []analysis.Phase, width int) string {
	var bar strings.Builder
	at := 0
	for i, end := range ends(phases, width-1) {
		if end == at {
			continue // too short to be drawn
		}
		room := end - at - 1
		label := phases[i].Name
		if utf8.RuneCountInString(label) > room {
			label = ""
		}
		segment := "┼"
		if at == 0 {
			segment = "├"
		}
		segment += label + strings.Repeat("─", room-utf8.RuneCountInString(label))
		bar.WriteString(t.coloured(segment, i))
		at = end
	}
	bar.WriteString("┤")
	return bar.String()
}

// wholeOf returns the phases of a cell, and the rest of its median: medians of parts need not add up to the median of
// the whole.
func wholeOf(c analysis.Cell) []analysis.Phase {
	phases := slices.Clone(c.Phases)
	if c.Response.P50 != nil && *c.Response.P50 > phaseSum(c) {
		phases = append(phases, analysis.Phase{Name: "", NS: *c.Response.P50 - phaseSum(c)})
	}
	return phases
}

// longest lists the longest phases of a cell, and the rest of its median.
func longest(c analysis.Cell) string {
	phases := slices.Clone(c.Phases)
	rest := phaseSum(c)
	if c.Response.P50 != nil {
		rest = *c.Response.P50
	}
	slices.SortStableFunc(phases, func(p, q analysis.Phase) int { return cmp.Compare(q.NS, p.NS) })
	var parts []string
	for _, p := range phases[:min(timelineParts, len(phases))] {
		parts = append(parts, p.Name+" "+duration(p.NS))
		rest -= p.NS
	}
	if rest > 0 {
		parts = append(parts, "others "+units.Duration(float64(rest)))
	}
	return strings.Join(parts, " · ")
}
