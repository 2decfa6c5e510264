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
	Change float64 `json:"change"` // 0.1 is 10%
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

const smallestChange = "smallest change"

// AddSmallestChange adds what checks find here, which decides whether the machine is fit for them: whether each gate
// finds
// what a check has to catch, within its time. As that was measured by a check, no limit of the machine prevents one,
// so the
// findings on limits are warnings from now on.
func (e *Assessment) AddSmallestChange(found []SmallestChange, mustCatch float64, within time.Duration) {
	for i := range e.Findings[:len(rules)] {
		if e.Findings[i].Verdict == Unfit {
			e.Findings[i].Verdict = Doubtful
		}
	}
	e.SmallestChange = found
	var texts []string
	largest := 0.0
	for _, c := range found {
		texts = append(texts, fmt.Sprintf("+%s by %s", units.Percent(c.Change), c.Gate))
		largest = max(largest, c.Change)
	}
	e.addFirst(newFinding(smallestChange, fmt.Sprintf("a check finds %s in %v", strings.Join(texts, " and "), within),
		graded(largest > mustCatch, largest > mustCatch),
		fmt.Sprintf("a check that must catch %s cannot decide in %v, and is inconclusive", units.Share(mustCatch), within),
		"a quieter machine, a longer --budget, or a higher --must-catch; see the warnings for what disturbs"))
}

// AddFailedMeasurement adds why the smallest change could not be measured: a check would fail, or be inconclusive,
// for the
// same reason.
func (e *Assessment) AddFailedMeasurement(why error) {
	e.addFirst(newFinding(smallestChange, "not measured: "+why.Error(), Unfit,
		"a check fails, or is inconclusive, as well",
		"mend what the reason names, or see the warnings for what disturbs"))
}

// AddUnmeasured adds why the smallest change was not looked for: nothing is known of checks.
func (e *Assessment) AddUnmeasured(why error) {
	e.addFirst(Finding{Name: smallestChange, Found: "not measured: " + why.Error(), Verdict: Unknown})
}

func (e *Assessment) addFirst(f Finding) {
	e.Findings = slices.Insert(e.Findings, 0, f)
	e.Fit = e.fits()
}
