package report

import (
	"fmt"
	"slices"
	"strings"

	"forktax/bench/analysis"
)

// cautioned returns the headline of the run, with a caution if the run has traps.
func cautioned(a *analysis.Analysis) statement {
	s := answer(a)
	if c := caution(a); c != "" {
		s.Text = strings.TrimSuffix(s.Text, ".") + ". " + c // a verdict has no full stop
	}
	return s
}

// caution names the traps, each with its model; "" if there are none.
func caution(a *analysis.Analysis) string {
	var names []string
	for _, w := range trapsOf(a) {
		name := w.Code
		if w.Model != "" {
			name += " (" + w.Model + ")"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "Caution: a trap affects these results: " + names[0] + "."
	default:
		return "Caution: traps affect these results: " + strings.Join(names, "; ") + "."
	}
}

// Traps returns the warnings of the run that are traps, for the page.
func (p pageOf) Traps() []analysis.Warning { return trapsOf(p.Analysis) }

// Cautions returns the other warnings.
func (p pageOf) Cautions() []analysis.Warning {
	return slices.DeleteFunc(slices.Clone(p.Warnings), func(w analysis.Warning) bool { return w.Trap })
}

func trapsOf(a *analysis.Analysis) []analysis.Warning {
	return slices.DeleteFunc(slices.Clone(a.Warnings), func(w analysis.Warning) bool { return !w.Trap })
}

// headline prints the headline of a check or of a run that has traps, then the traps. It comes first.
func (p *printer) headline(a *analysis.Analysis) {
	found := trapsOf(a)
	if a.Check == nil && len(found) == 0 {
		return
	}
	if p.markdown {
		p.line("**%s**\n", cautioned(a).Text)
	} else {
		p.sentence("", cautioned(a).Text)
	}
	for _, w := range found {
		if p.markdown {
			p.line("> **%s**: %s; %s.\n", w.Code, w.Text, w.Advice)
		} else {
			p.sentence("  ", fmt.Sprintf("%s: %s; %s.", w.Code, w.Text, w.Advice))
		}
	}
	if a.Check == nil && !p.markdown {
		p.line("")
	}
}
