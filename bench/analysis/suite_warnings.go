package analysis

import (
	"fmt"
	"strings"

	"forktax/bench/record"
)

// suiteWarning names what of a suite was left out.
func suiteWarning(r *record.Result) (Warning, bool) {
	s := r.Plan.Suite
	if s == nil || len(s.LeftOut) == 0 {
		return Warning{}, false
	}
	return Warning{Code: "left out", Text: fmt.Sprintf("of the suite %s not all could be had: %s", s.Name, strings.Join(s.LeftOut, "; ")),
		Advice: "install what is missing"}, true
}

// unaccounted warns of contenders of a suite whose CPU is not known.
func unaccounted(a *Analysis) (Warning, bool) {
	var names []string
	for _, c := range a.OwnCells() {
		if a.Run.Suite != nil && c.CPUPerRequest == nil {
			names = append(names, c.String())
		}
	}
	return about(names, Warning{Code: "no-cpu",
		Text: fmt.Sprintf("the CPU a request of %s is not known, and left out", some(names)),
		Advice: "the kernel forgets the children of some servers, unless the harness may make a control group for each: " +
			"cgroups version 2, as root"})
}
