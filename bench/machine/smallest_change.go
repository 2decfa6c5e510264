package machine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"forktax/bench/units"
)

// A SmallestChange is the smallest change that a check can detect on this machine with one gate in a given time.
type SmallestChange struct {
	Gate   string  `json:"gate"`
	Change float64 `json:"change"` // 0.1 is 10%
}

// Limits returns the names of unfit findings, each with its value.
func (e *Assessment) Limits() (limits []string) {
	for _, f := range e.Findings {
		if f.Verdict == Unfit {
			limits = append(limits, fmt.Sprintf("%s (%s)", f.Name, f.Found))
		}
	}
	return limits
}

const smallestChange = "smallest change"

// unfitAbove times the change that must be caught, more than half of the checks of identical programs are inconclusive.
// A check finds its smallest change with probability 95%; at twice the change, six in ten still pass.
const unfitAbove = 2.4

// AddSmallestChange adds the measured smallest change. The machine is fit for checks if each gate detects a change of
// mustCatch within the given time, and unfit if most checks would be inconclusive. Since a check was possible, no limit
// of the machine prevents one, so that unfit findings of the rules become warnings.
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
	verdict, decides := graded(largest > mustCatch, largest > unfitAbove*mustCatch), "may not"
	if verdict == Unfit {
		decides = "can rarely"
	}
	e.addFirst(newFinding(smallestChange, fmt.Sprintf("a check finds %s in %s",
		strings.Join(texts, " and "), units.Span(within)), verdict,
		fmt.Sprintf("a check that must catch %s %s decide in %s; otherwise it is inconclusive", units.Share(mustCatch),
			decides, units.Span(within)),
		"use a longer --budget, a higher --must-catch or a quieter machine; the warnings show what disturbs"))
}

// AddFailedMeasurement adds the reason why the smallest change could not be measured. A check would fail or be
// inconclusive for the same reason.
func (e *Assessment) AddFailedMeasurement(why error) {
	e.addFirst(newFinding(smallestChange, "not measured: "+why.Error(), Unfit,
		"a check fails or is inconclusive for the same reason",
		"fix this problem; the warnings show what else disturbs"))
}

// AddUnmeasured adds the reason why the smallest change was not measured. It is not known whether checks are possible.
func (e *Assessment) AddUnmeasured(why error) {
	e.addFirst(Finding{Name: smallestChange, Found: "not measured: " + why.Error(), Verdict: Unknown})
}

func (e *Assessment) addFirst(f Finding) {
	e.Findings = slices.Insert(e.Findings, 0, f)
	e.Fit = e.fits()
}
