package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"forktax/bench/explain"
	"forktax/bench/units"
)

// Explanations are the formats of an explanation: the parts of a program's start.
var Explanations = Formats[*explain.Explanation]{
	"json": indented[*explain.Explanation],
	"text": explanationText,
}

// Limits that make the text fit one screen of 100 columns.
const (
	mostFindings  = 15
	widestFinding = 41
	narrowestName = 16
	widestReason  = 56
)

var findingColumns = []column[explain.Part]{
	{Name: "cost", Key: "cost_ns", Unit: ns},
	{Name: "measured by", Key: "measured_by"},
	{Name: "part", Text: of(func(f explain.Part) string { return description(f, widestFinding) })},
	{Name: "how to remove it", Key: "advice"},
}

var trialColumns = []column[explain.Trial]{
	{Name: "switch", Key: "name"},
	{Name: "effect", Text: of(outcome)},
	{Name: "description",
		Text: of(func(t explain.Trial) string { return cmp.Or(shorten(t.Why, widestReason), t.About) })},
}

func explanationText(w io.Writer, e *explain.Explanation) error {
	p := printer{w: w, t: TerminalOf(w)}
	e = respell(e, inText)
	p.sentence("", strings.Join(headline(e), " · "))
	p.sentence("", fmt.Sprintf("fork and exec took %s · first byte after %s · ended after %s%s", duration(e.Exec), duration(e.FirstByte),
		duration(e.Ended), held(e)))
	p.sentence("", fmt.Sprintf("CPU time %s, %.0f%% of it in the kernel · %s page faults, %s of them from disk", duration(e.CPU),
		e.SystemShare*100, units.Count(e.MinorFaults+e.MajorFaults), units.Count(e.MajorFaults)))
	costly := e.Parts[:min(len(e.Parts), mostFindings)]
	costly = slices.DeleteFunc(slices.Clone(costly), func(f explain.Part) bool { return f.Cost == nil })
	p.section(section{Title: "Parts of the start, most expensive first. They overlap: a library causes page faults",
		Table: makeTable(nil, findingColumns, 0, costly, nil)})
	p.remainder(e.Parts)
	title := fmt.Sprintf("Switches tried, in pairs of blocks in random order (seed %d; 95%% CIs, simultaneous for "+
		"all %d)", e.Seed, len(e.Trials))
	p.section(section{Title: title, Table: makeTable(nil, trialColumns, 0, e.Trials, nil)})
	if len(e.Untried) > 0 {
		p.line("Cannot be tried from outside: %s.", strings.Join(e.Untried, "; "))
	}
	var notes []string
	for _, n := range e.Notes {
		notes = append(notes, fmt.Sprintf("%s; %s.", n.Text, n.Advice))
	}
	p.list("Warnings", notes)
	return p.err
}

// held describes how much longer the output stayed open after the program had ended.
func held(e *explain.Explanation) string {
	if e.Held == 0 {
		return ""
	}
	return fmt.Sprintf(" · output open for another %s", duration(e.Held))
}

func duration(ns int64) string { return units.Duration(float64(ns)) }

// headline returns the program, its interpreter, the request, the response, and the number of starts.
func headline(e *explain.Explanation) []string {
	by := e.Executed
	if e.Language != "" {
		by = e.Language + ", " + by
	}
	parts := []string{strings.Join(e.Program, " ")}
	if e.Language == "Go" && e.Executed == e.Program[0] {
		parts = append(parts, "Go")
	} else if e.Executed != e.Program[0] || e.Language != "" {
		parts = append(parts, by)
	}
	return append(parts,
		fmt.Sprintf("%s %s", e.Method, e.Path),
		fmt.Sprintf("%d, %s bytes%s", e.Status, units.Count(int64(e.ResponseBytes)), responseBegins(e)),
		fmt.Sprintf("median of %d starts", e.Starts))
}

// remainder prints the parts that the table leaves out: the number of the cheap parts, which overlap, so that they have
// no sum, and the parts without a cost.
func (p *printer) remainder(parts []explain.Part) {
	var more, most int64
	var unknown []string
	for n, f := range parts {
		switch {
		case f.Cost == nil:
			unknown = append(unknown, description(f, widestReason))
		case n >= mostFindings:
			more++
			most = max(most, *f.Cost)
		}
	}
	if more > 0 {
		p.line("and %d more, each at most %s", more, duration(most))
	}
	if slices.ContainsFunc(parts, func(f explain.Part) bool { return f.Late }) {
		p.line("*: after the first byte")
	}
	if len(unknown) > mostFindings {
		unknown = append(unknown[:mostFindings], fmt.Sprintf("%d more", len(unknown)-mostFindings))
	}
	p.list("Not measured", unknown)
}

// description describes a part in at most width characters.
func description(f explain.Part, width int) string {
	before, after := f.Kind+" ", ""
	switch f.Kind {
	case explain.KindInit:
		before = "package "
	case explain.KindFault, explain.KindThread, explain.KindWait, explain.KindMissing:
		before = ""
	}
	if f.Detail != "" && f.Kind != explain.KindMissing { // for missing files their number is enough
		after = ", " + f.Detail
	}
	if f.Late {
		after += " *" // after the first byte
	}
	name := end(f.Name, max(narrowestName, width-utf8.RuneCountInString(before+after)))
	return shorten(before+name+after, width)
}

// end shortens a text at its beginning: paths differ at their ends.
func end(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return "…" + string(runes[len(runes)-width+1:])
	}
	return text
}

// outcome describes the saving of a switch.
func outcome(r explain.Trial) string {
	switch r.Verdict {
	case explain.Saves, explain.Costs:
		saved, low, high := *r.Saves, *r.SavesLow, *r.SavesHigh
		if r.Verdict == explain.Costs {
			saved, low, high = -saved, -high, -low
		}
		return fmt.Sprintf("%s %s (%s to %s), %s", r.Verdict, duration(saved), duration(low), duration(high),
			units.WholeChange(*r.Ratio))
	case explain.NoneFound:
		return fmt.Sprintf("%s (%s to %s)", r.Verdict, duration(*r.SavesLow), duration(*r.SavesHigh))
	case explain.TooFewSeen:
		return fmt.Sprintf("%s (%d)", r.Verdict, r.Pairs)
	}
	return r.Verdict
}

// responseBegins returns the first line of a response, for the headline.
func responseBegins(e *explain.Explanation) string {
	if e.FirstLine == "" {
		return ""
	}
	return fmt.Sprintf(": %.40s", e.FirstLine)
}
