package analysis

import (
	"fmt"
	"forktax/bench/record"
	"slices"
	"strings"
)

// GateLeftOut is what a table has for the verdict of a gate that was left out.
const GateLeftOut = "left out"

// LeftOutLines lists the gates that were left out with the reason, one line for each reason.
func LeftOutLines(all []record.LeftOut) []string {
	var reasons, lines []string
	for _, l := range all {
		if slices.Contains(reasons, l.Why) {
			continue
		}
		reasons = append(reasons, l.Why)
		same := func(other record.LeftOut) bool { return other.Why == l.Why }
		lines = append(lines, fmt.Sprintf("%s: %s", gatesOf(all, same), l.Why))
	}
	return lines
}

// gatesOf names those of the gates that are wanted.
func gatesOf(all []record.LeftOut, wanted func(record.LeftOut) bool) string {
	var names []string
	for _, l := range all {
		if wanted(l) {
			names = append(names, l.Gate)
		}
	}
	return strings.Join(names, ", ")
}

// leftOutText returns for the headline of a pass which gates it does not rest on.
func (c *Check) leftOutText() string {
	if len(c.LeftOut) == 0 {
		return ""
	}
	return "; left out: " + gatesOf(c.LeftOut, func(record.LeftOut) bool { return true })
}

// gatesLeftOut warns that a check rests on fewer gates than it would.
func gatesLeftOut(p record.Plan) (Warning, bool) {
	if p.Check == nil || len(p.Check.LeftOut) == 0 {
		return Warning{}, false
	}
	return Warning{Code: "left-out",
		Text:   "gates were left out: " + strings.Join(LeftOutLines(p.Check.LeftOut), "; "),
		Advice: "the verdict rests on the others; get what is missing, or name by --gates what is to be judged"}, true
}
