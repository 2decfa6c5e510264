package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"forktax/bench/machine"
)

// Assessments are the formats of an assessment: whether a machine is fit to measure on.
var Assessments = Formats[*machine.Assessment]{
	"json":     indented[*machine.Assessment],
	"markdown": assessmentMarkdown,
	"text":     assessmentText,
}

// What is looked at, and outside programs. Text has the last columns, where lines may be long, as a list below the
// table.
var (
	probeColumns = []column[machine.Finding]{
		{Name: "looked at", Key: "name"}, {Name: "verdict", Key: "verdict"}, {Name: "found", Key: "found"},
		{Name: "what it spoils", Key: "effect"}, {Name: "what to do", Key: "advice"},
	}
	programColumns = []column[machine.Finding]{
		{Name: "program", Key: "name"}, {Name: "verdict", Key: "verdict"}, {Name: "found", Key: "found"},
		{Name: "only for", Key: "purpose"}, {Name: "how to get it", Key: "advice"},
	}
)

func assessmentText(w io.Writer, e *machine.Assessment) error {
	p := printer{w: w}
	e = respell(e, inText)
	p.line("%s", fitness(e))
	probes, programs := findings(e)
	p.section(section{Title: "In two seconds", Table: makeTable(nil, probeColumns[:3], 0, probes, nil)})
	p.list("What that spoils, and what to do", spoilt(probes))
	p.section(section{Title: "Outside programs, without each of which the rest works",
		Table: makeTable(nil, programColumns[:4], 0, programs, nil)})
	p.list("What is left out, and how to get it", spoilt(programs))
	return p.err
}

func assessmentMarkdown(w io.Writer, e *machine.Assessment) error {
	p := printer{w: w, markdown: true}
	e = respell(e, inMarkdown)
	probes, programs := findings(e)
	p.line("# Is this machine fit to measure on?\n\n%s\n\n%s", fitness(e),
		makeTable(nil, probeColumns, 0, probes, nil).writer().RenderMarkdown())
	p.section(section{Chapter: "Outside programs", About: "Each is for one thing, and the rest works without it.",
		Table: makeTable(nil, programColumns, 0, programs, nil)})
	return p.err
}

// findings parts what was found of the machine from what was found of outside programs.
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

// fitness is the verdict in a sentence. Outside programs are not in it: what needs one says so.
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
		return fmt.Sprintf("This machine is not fit to measure on: %s.", unfit)
	}
	fit := "This machine is fit to measure on"
	if len(e.SmallestChange) == 0 {
		fit = "Nothing is seen that prevents a measurement here, but what a check finds was not measured"
	}
	if doubtful := named(machine.Doubtful); doubtful != "" {
		return fmt.Sprintf("%s; see %s.", fit, doubtful)
	}
	return fit + "."
}
