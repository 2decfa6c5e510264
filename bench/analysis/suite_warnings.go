package analysis

import (
	"fmt"
	"strings"
	"time"

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

// noCPUWarning warns of contenders of a suite whose CPU is not known.
func noCPUWarning(a *Analysis) (Warning, bool) {
	var names []string
	for _, c := range a.OwnCells() {
		if a.Run.Suite != nil && c.CPUPerRequest == nil {
			names = append(names, c.String())
		}
	}
	return warningAbout(names, Warning{Code: "no-cpu",
		Text: fmt.Sprintf("the CPU a request of %s is not known, and left out", firstOf(names)),
		Advice: "the kernel forgets the children of some servers, unless the harness may make a control group for each: " +
			"it may as root"})
}

// coarse is the resolution from which on a warning states it. A block takes 20 ms or more.
const coarse = int64(time.Millisecond)

// coarselyAccounted warns of cells whose CPU is the difference of coarse readings.
func coarselyAccounted(a *Analysis) (Warning, bool) {
	var names []string
	bound := int64(0)
	for _, c := range a.OwnCells() {
		resolution := c.CPUResolution
		if d := a.Environment.Database; d != nil && c.DatabaseCPU != nil {
			resolution += d.CPUResolutionNS
		}
		if c.CPUPerRequest != nil && resolution >= coarse {
			names, bound = append(names, c.String()), max(bound, resolution)
		}
	}
	return warningAbout(names, Warning{Code: "coarse-cpu",
		Text: fmt.Sprintf("the CPU time of a block is known to ±%s for %s", FormatDuration(float64(bound)), firstOf(names)),
		Advice: "the kernel reports the CPU time of ended processes in hundredths of a second; the errors of many blocks cancel. " +
			"As root, the harness makes a control group for each server, which counts microseconds"})
}
