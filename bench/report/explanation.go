package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/bench/explain"
	"forktax/bench/units"
)

// Explanations are the formats of what the start of a program is made of.
var Explanations = Formats[*explain.Explanation]{
	"json": indented[*explain.Explanation],
	"text": explanationText,
}

// One screen is as much as this, in 100 columns.
const (
	mostFindings  = 15
	widestFinding = 42
	narrowestName = 16
	widestReason  = 56
)

func explanationText(w io.Writer, e *explain.Explanation) error {
	p := printer{w: w}
	p.line("%s", strings.Join(headline(e), " · "))
	p.line("fork and exec took %s · first byte after %s · ended after %s", ns(e.InPlace), ns(e.FirstByte), ns(e.Ended))
	p.line("processor time %s, %.0f %% of it the kernel's · %s page faults, %s of them from a disk", ns(e.CPU),
		e.SystemShare*100, units.Count(e.MinorFaults+e.MajorFaults), units.Count(e.MajorFaults))
	p.table("What it costs, the dearest first. Parts overlap: a library brings page faults", findingsTable(e.Findings))
	p.remainder(e.Findings)
	p.table(trialsTitle(e), trialsTable(e.Trials))
	if len(e.Untried) > 0 {
		p.line("Not to be tried from outside: %s.", strings.Join(e.Untried, "; "))
	}
	var notes []string
	for _, n := range e.Notes {
		notes = append(notes, fmt.Sprintf("%s; %s.", n.Text, n.Advice))
	}
	p.list("To be careful of", notes)
	return p.err
}

func ns(n int64) string { return units.Duration(float64(n)) }

// headline says what was started, by what it was answered, and how often.
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
		fmt.Sprintf("%d, %s bytes", e.Status, units.Count(int64(e.AnswerBytes))),
		fmt.Sprintf("median of %d starts", e.Starts))
}

// findingsTable has a row for each of the dearest.
func findingsTable(findings []explain.Finding) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"cost", "known by", "what", "what would remove it"})
	for _, f := range findings[:min(len(findings), mostFindings)] {
		if f.Cost != nil {
			t.AppendRow(table.Row{ns(*f.Cost), f.By, description(f, widestFinding), f.Advice})
		}
	}
	alignRight(t, 1, 1)
	return t
}

// remainder says what the table does not show: the cheap ones together, and those whose cost is not known.
func (p *printer) remainder(findings []explain.Finding) {
	var more, sum int64
	var unknown []string
	for n, f := range findings {
		switch {
		case f.Cost == nil:
			unknown = append(unknown, description(f, widestReason))
		case n >= mostFindings:
			more++
			sum += *f.Cost
		}
	}
	if more > 0 {
		p.line("and %d more, %s together", more, ns(sum))
	}
	if slices.ContainsFunc(findings, func(f explain.Finding) bool { return f.Late }) {
		p.line("*: after the first byte")
	}
	if len(unknown) > mostFindings {
		unknown = append(unknown[:mostFindings], fmt.Sprintf("%d more", len(unknown)-mostFindings))
	}
	p.list("Not measured", unknown)
}

// description says in so many characters what a finding is.
func description(f explain.Finding, width int) string {
	before, after := f.Kind+" ", ""
	switch f.Kind {
	case explain.KindInit:
		before = "package "
	case explain.KindFault, explain.KindThread, explain.KindWait, explain.KindMissing:
		before = ""
	}
	if f.Detail != "" && f.Kind != explain.KindMissing { // of which the number says enough
		after = ", " + f.Detail
	}
	if f.Late {
		after += late
	}
	name := end(f.Name, max(narrowestName, width-utf8.RuneCountInString(before+after)))
	return begin(before+name+after, width)
}

// late marks what a program does when its answer has begun.
const late = " *"

// begin shortens a text at its end, and end at its beginning: the end of a path tells it from others.
func begin(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text
}

func end(text string, width int) string {
	if runes := []rune(text); len(runes) > width {
		return "…" + string(runes[len(runes)-width+1:])
	}
	return text
}

func trialsTitle(e *explain.Explanation) string {
	return fmt.Sprintf("What was tried, in pairs of blocks in random order (seed %d; 95 %% intervals for all %d together)",
		e.Seed, len(e.Trials))
}

// trialsTable has a row for each switch.
func trialsTable(trials []explain.Trial) table.Writer {
	t := table.NewWriter()
	t.AppendHeader(table.Row{"switch", "what it saves", "what it does"})
	for _, r := range trials {
		about := r.About
		if r.Why != "" {
			about = begin(r.Why, widestReason)
		}
		t.AppendRow(table.Row{r.Name, outcome(r), about})
	}
	return t
}

// outcome says what a switch saved.
func outcome(r explain.Trial) string {
	switch r.Verdict {
	case explain.Saves:
		return fmt.Sprintf("saves %s (%s to %s), %s", ns(*r.Saves), ns(*r.SavesLow), ns(*r.SavesHigh), units.WholeChange(*r.Ratio))
	case explain.Costs:
		return fmt.Sprintf("costs %s (%s to %s), %s", ns(-*r.Saves), ns(-*r.SavesHigh), ns(-*r.SavesLow), units.WholeChange(*r.Ratio))
	case explain.NoneFound:
		return fmt.Sprintf("%s (%s to %s)", r.Verdict, ns(*r.SavesLow), ns(*r.SavesHigh))
	case explain.TooFewSeen:
		return fmt.Sprintf("%s (%d)", r.Verdict, r.Pairs)
	}
	return r.Verdict
}
