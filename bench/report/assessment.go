package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"forktax/bench/machine"
)

// Assessments are the formats of an assessment of the machine.
var Assessments = Formats[*machine.Assessment]{
	"json":     indented[*machine.Assessment],
	"markdown": assessmentMarkdown,
	"text":     assessmentText,
}

// Columns of the checks of the machine and of external programs. Text prints the last columns, which may be long, as a
// list below the table.
var (
	probeColumns = []column[machine.Finding]{
		{Name: "check", Key: "name"}, {Name: "verdict", Key: "verdict"}, {Name: "found", Key: "found"},
		{Name: "effect", Key: "effect"}, {Name: "advice", Key: "advice"},
	}
	programColumns = []column[machine.Finding]{
		{Name: "program", Key: "name"}, {Name: "verdict", Key: "verdict"}, {Name: "found", Key: "found"},
		{Name: "needed for", Key: "purpose"}, {Name: "how to install", Key: "advice"},
	}
)

func assessmentText(w io.Writer, e *machine.Assessment) error {
	p := printer{w: w, t: TerminalOf(w)}
	e = respell(e, inText)
	p.sentence("", fitness(e))
	probes, programs := findings(e)
	p.section(section{Title: "Checks (2 s)", Table: makeTable(nil, probeColumns[:3], 0, probes, nil)})
	p.list("Effects and advice", spoilt(probes))
	p.section(section{Title: "External programs (optional)",
		Table: makeTable(nil, programColumns[:4], 0, programs, nil)})
	p.list("Missing programs", spoilt(programs))
	return p.err
}

func assessmentMarkdown(w io.Writer, e *machine.Assessment) error {
	p := printer{w: w, markdown: true}
	e = respell(e, inMarkdown)
	probes, programs := findings(e)
	p.line("# Machine check\n\n%s\n\n%s", fitness(e),
		makeTable(nil, probeColumns, 0, probes, nil).writer().RenderMarkdown())
	p.section(section{Chapter: "External programs", About: "Each is optional: only the named feature needs it.",
		Table: makeTable(nil, programColumns, 0, programs, nil)})
	return p.err
}

// findings returns the findings about the machine and those about external programs.
func findings(e *machine.Assessment) (probes, programs []machine.Finding) {
	isProgram := func(f machine.Finding) bool { return f.NeededFor != "" }
	isProbe := func(f machine.Finding) bool { return f.NeededFor == "" }
	return slices.DeleteFunc(slices.Clone(e.Findings), isProgram), slices.DeleteFunc(slices.Clone(e.Findings), isProbe)
}

func spoilt(all []machine.Finding) (lines []string) {
	for _, f := range all {
		if f.Effect != "" {
			lines = append(lines, fmt.Sprintf("%s (%s): %s; %s.", f.Name, f.Verdict, f.Effect, f.Advice))
		}
	}
	return lines
}

// fitness returns the verdict in a sentence. It ignores external programs: a feature that needs one reports that.
func fitness(e *machine.Assessment) string {
	named := func(verdict string) string {
		var names []string
		for _, f := range e.Findings {
			if f.Verdict == verdict && f.NeededFor == "" {
				names = append(names, f.Name)
			}
		}
		return strings.Join(names, ", ")
	}
	if unfit := named(machine.Unfit); unfit != "" {
		return fmt.Sprintf("This machine is not suitable for measurements: %s.", unfit)
	}
	fit := "This machine is suitable for measurements"
	if len(e.SmallestChange) == 0 {
		fit = "No problem found, but the smallest change that a check finds was not measured"
	}
	if doubtful := named(machine.Doubtful); doubtful != "" {
		return fmt.Sprintf("%s; see %s.", fit, doubtful)
	}
	return fit + "."
}
