package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/bench/machine"
)

// Assessments are the formats of an assessment: whether a machine is fit to measure on.
var Assessments = Formats[*machine.Assessment]{
	"json":     indented[*machine.Assessment],
	"markdown": assessmentMarkdown,
	"text":     assessmentText,
}

// assessmentText has what was found in tables, and below each, where lines may be long, what follows.
func assessmentText(w io.Writer, e *machine.Assessment) error {
	p := printer{w: w}
	p.line("%s", fitness(e))
	seen, programs := table.NewWriter(), table.NewWriter()
	seen.AppendHeader(table.Row{"looked at", "verdict", "found"})
	programs.AppendHeader(table.Row{"program", "verdict", "found", "only for"})
	var spoilt, missing []string
	for _, f := range e.Findings {
		row, lines := table.Row{f.Name, f.Verdict, f.Found}, &spoilt
		if f.NeededFor == "" {
			seen.AppendRow(row)
		} else {
			programs.AppendRow(append(row, f.NeededFor))
			lines = &missing
		}
		if f.Effect != "" {
			*lines = append(*lines, fmt.Sprintf("%s (%s): %s; %s.", f.Name, f.Verdict, f.Effect, f.Advice))
		}
	}
	p.table("In two seconds", seen)
	p.list("What that spoils, and what to do", spoilt)
	p.table("Outside programs, without each of which the rest works", programs)
	p.list("What is left out, and how to get it", missing)
	return p.err
}

func assessmentMarkdown(w io.Writer, e *machine.Assessment) error {
	p := printer{w: w}
	seen, programs := table.NewWriter(), table.NewWriter()
	seen.AppendHeader(table.Row{"looked at", "verdict", "found", "what it spoils", "what to do"})
	programs.AppendHeader(table.Row{"program", "verdict", "found", "only for", "how to get it"})
	for _, f := range e.Findings {
		if f.NeededFor == "" {
			seen.AppendRow(table.Row{f.Name, f.Verdict, f.Found, f.Effect, f.Advice})
		} else {
			programs.AppendRow(table.Row{f.Name, f.Verdict, f.Found, f.NeededFor, f.Advice})
		}
	}
	p.line("# Is this machine fit to measure on?\n\n%s\n\n%s", fitness(e), seen.RenderMarkdown())
	p.chapter("Outside programs", "Each is for one thing, and the rest works without it.", programs)
	return p.err
}

// fitness is the verdict in a sentence. Outside programs are not in it: what needs one says so.
func fitness(e *machine.Assessment) string {
	named := func(verdict string) (names []string) {
		for _, f := range e.Findings {
			if f.Verdict == verdict && f.NeededFor == "" {
				names = append(names, f.Name)
			}
		}
		return names
	}
	if unfit := named(machine.Unfit); len(unfit) > 0 {
		return fmt.Sprintf("This machine is not fit to measure on: %s.", strings.Join(unfit, ", "))
	}
	said := "This machine is fit to measure on"
	if doubtful := named(machine.Doubtful); len(doubtful) > 0 {
		said += "; but see " + strings.Join(doubtful, ", ")
	}
	return said + "."
}
