package analysis

import (
	"fmt"
	"math"
	"strings"

	"forktax/bench/record"
	"forktax/bench/units"
)

// searchWarnings warns of knee searches without a result whose cause is neither the server nor the generator.
func searchWarnings(r *record.Result, found []Knee) []Warning {
	var warnings []Warning
	var open []string
	more, highestMet := 1.0, 0.0
	for _, k := range found {
		highestMet = max(highestMet, k.Met())
	}
	for _, k := range found {
		name := fmt.Sprintf("%s as %s", RequestName(k.Workload, k.Request), k.Model)
		switch s := k.Search; {
		case s == nil:
		case s.Missing > 0:
			open = append(open, name)
			more = max(more, float64(s.Blocks+s.Missing)/float64(s.Blocks))
		case k.Undecided != "":
			warnings = append(warnings, Warning{Code: Inconclusive,
				Text:   fmt.Sprintf("the knee of %s is undecided: %s", name, k.Undecided),
				Advice: adviceNoisySearch})
		case k.Reason == causeGenerator && (k.MetRPS == nil || *k.FailedRPS <= highestMet):
			warnings = append(warnings, Warning{Code: Inconclusive,
				Text: fmt.Sprintf("the machine was too noisy to search for the knee of %s: at %s %s", name,
					units.PlannedRate(*k.FailedRPS), k.Detail),
				Advice: adviceNoisySearch})
		}
	}
	if open == nil || !r.Tail.Complete {
		return warnings
	}
	w := Warning{Code: Inconclusive, Text: "the search did not find the knee of " + strings.Join(open, ", "),
		Advice: "noise prevented its confirmation: increase --starts"}
	if r.Plan.BudgetNS > 0 {
		seconds := int(math.Ceil(float64(r.Plan.BudgetNS)/1e10*more)) * 10
		w.Advice = fmt.Sprintf("increase --budget to about %ds, or omit it", seconds)
	}
	return append(warnings, w)
}

const adviceNoisySearch = "measure on a quieter machine, at another time, or with a longer --block"

// Met returns the highest rate that met the objective, in requests per second; 0 if none did.
func (k Knee) Met() float64 {
	if k.MetRPS == nil {
		return 0
	}
	return *k.MetRPS
}
