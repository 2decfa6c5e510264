package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"forktax/bench/units"
)

// A SmallestChange is what a check of so long finds on this machine by one gate.
type SmallestChange struct {
	Gate   string  `json:"gate"`
	Change float64 `json:"change"` // 0.1 is 10 %
}

// Limits lists what is unfit, each with what was found.
func (e *Assessment) Limits() (limits []string) {
	for _, f := range e.Findings {
		if f.Verdict == Unfit {
			limits = append(limits, fmt.Sprintf("%s (%s)", f.Name, f.Found))
		}
	}
	return limits
}

// AddSmallestChange adds what checks find here, which decides whether the machine is fit for them: whether each gate finds
// what a check has to catch, within its time. If it was not measured, why says the reason.
func (e *Assessment) AddSmallestChange(found []SmallestChange, mustCatch float64, within time.Duration, why error) {
	const name = "smallest change"
	if why != nil {
		e.Findings = append([]Finding{{Name: name, Found: "not measured: " + why.Error(), Verdict: Unknown}}, e.Findings...)
		return
	}
	e.SmallestChange = found
	var texts []string
	largest := 0.0
	for _, c := range found {
		texts = append(texts, fmt.Sprintf("+%s by %s", units.Percent(c.Change), c.Gate))
		largest = max(largest, c.Change)
	}
	verdict := graded(largest > mustCatch, largest > mustCatch)
	f := newFinding(name, fmt.Sprintf("a check finds %s in %v", strings.Join(texts, " and "), within), verdict,
		fmt.Sprintf("a check that must catch %s cannot decide in %v, and is inconclusive", units.Share(mustCatch), within),
		"a quieter machine, a longer --budget, or a higher --must-catch; see the warnings for what disturbs")
	e.Findings = slices.Insert(e.Findings, 0, f)
	e.Fit = e.Fit && verdict != Unfit
}
