package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"forktax/bench/machine"
)

// Examinations are the formats of whether a machine is fit to measure on.
var Examinations = Formats[*machine.Examination]{
	"json":     indented[*machine.Examination],
	"markdown": examinationMarkdown,
	"text":     examinationText,
}

// examinationText has what was found in a table, and below it, where lines may be long, what follows.
func examinationText(w io.Writer, e *machine.Examination) error {
	p := printer{w: w}
	p.line("%s", fitness(e))
	t := table.NewWriter()
	t.AppendHeader(table.Row{"looked at", "verdict", "found"})
	var spoilt []string
	for _, f := range e.Findings {
		t.AppendRow(table.Row{f.Name, f.Verdict, f.Found})
		if f.Spoils != "" {
			spoilt = append(spoilt, fmt.Sprintf("%s (%s): %s; %s.", f.Name, f.Verdict, f.Spoils, f.Advice))
		}
	}
	p.table("In two seconds", t)
	p.list("What that spoils, and what to do", spoilt)
	return p.err
}

func examinationMarkdown(w io.Writer, e *machine.Examination) error {
	p := printer{w: w}
	t := table.NewWriter()
	t.AppendHeader(table.Row{"looked at", "verdict", "found", "what it spoils", "what to do"})
	for _, f := range e.Findings {
		t.AppendRow(table.Row{f.Name, f.Verdict, f.Found, f.Spoils, f.Advice})
	}
	p.line("# Is this machine fit to measure on?\n\n%s\n\n%s", fitness(e), t.RenderMarkdown())
	return p.err
}

// fitness is the verdict in a sentence.
func fitness(e *machine.Examination) string {
	named := func(verdict string) (names []string) {
		for _, f := range e.Findings {
			if f.Verdict == verdict {
				names = append(names, f.Name)
			}
		}
		return names
	}
	if unfit := named(machine.Unfit); len(unfit) > 0 {
		return fmt.Sprintf("This machine is not fit to measure on: %s.", strings.Join(unfit, ", "))
	}
	if doubtful := named(machine.Doubtful); len(doubtful) > 0 {
		return fmt.Sprintf("This machine is fit to measure on; but see %s.", strings.Join(doubtful, ", "))
	}
	return "This machine is fit to measure on."
}
