package report

import (
	"fmt"
	"io"
	"strings"

	"forktax/bench/analysis"
)

// Annotations prints GitHub Actions workflow commands: an error for each failed gate, warnings for undecided gates and
// for the run, then a notice with the verdict. GitHub shows ten annotations of each kind per step: failures come first.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
func Annotations(w io.Writer, a *analysis.Analysis) error {
	p := printer{w: w}
	a = respell(a, inCommand)
	title, verdict := "forktax", summary(a)
	if c := a.Check; c != nil {
		title, verdict = "forktax check", checkHeadline(c)
		for _, line := range gateLines(c, analysis.Regression) {
			p.annotation("error", title, line)
		}
		for _, line := range undecidedLines(c) {
			p.annotation("warning", title, line)
		}
		for _, line := range changedLines(c) {
			p.annotation("notice", title, line)
		}
		if c.Control != nil && !c.Control.Found {
			p.annotation("warning", title, controlText(c.Control))
		}
	}
	for _, w := range a.Warnings {
		p.annotation("warning", "forktax: "+w.Code, fmt.Sprintf("%s; %s.", w.Text, w.Advice))
	}
	p.annotation("notice", title, verdict)
	return p.err
}

// annotationText escapes the characters that would end the line of a command. annotationProperty also escapes those
// that would end a property of a command.
var (
	annotationText     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	annotationProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

func (p *printer) annotation(level, title, text string) {
	p.line("::%s title=%s::%s", level, annotationProperty.Replace(title), annotationText.Replace(text))
}
