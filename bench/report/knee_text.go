package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// kneeStatements returns a sentence for each request: the highest rate at which each model meets the objective, and the
// reason why it failed above that rate. The model with the lowest rate comes first.
func kneeStatements(knees []analysis.Knee) (all []statement) {
	for i := 0; i < len(knees); {
		name := analysis.RequestName(knees[i].Workload, knees[i].Request)
		var models []analysis.Knee // of this request; they are adjacent
		var s statement
		for ; i < len(knees) && analysis.RequestName(knees[i].Workload, knees[i].Request) == name; i++ {
			models, s.Places = append(models, knees[i]), append(s.Places, fmt.Sprintf(".knees.%d", i))
		}
		s.Text = fmt.Sprintf("%s: %s.", name, kneeSentence(models))
		all = append(all, s)
	}
	return all
}

func kneeSentence(models []analysis.Knee) string {
	slices.SortStableFunc(models, func(a, b analysis.Knee) int { return cmp.Compare(a.Met(), b.Met()) })
	var parts, undecided []string
	verb := "meets " + models[0].Objective
	for _, k := range models {
		if k.MetRPS == nil && k.FailedRPS == nil {
			undecided = append(undecided, k.Model)
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s %s", k.Model, verb, metUpTo(k)))
		verb = "does"
	}
	if undecided != nil {
		parts = append(parts, fmt.Sprintf("too few requests to decide whether %s meets %s: use a longer --budget",
			strings.Join(undecided, " or "), models[0].Objective))
	}
	return strings.Join(parts, "; ")
}

// metUpTo returns the highest rate at which the objective is met, with caveats in parentheses.
func metUpTo(k analysis.Knee) string {
	where := "up to " + units.PlannedRate(k.Met())
	switch {
	case k.MetRPS == nil:
		where = "at none of the tested rates"
	case k.FailedRPS == nil:
		where = "at every tested rate, up to " + units.PlannedRate(k.Met())
	}
	var notes []string
	if k.FailedRPS != nil {
		notes = append(notes, fmt.Sprintf("at %s %s", units.PlannedRate(*k.FailedRPS), k.Detail))
	}
	switch {
	case k.Undecided != "":
		notes = append(notes, "undecided: "+k.Undecided)
	case k.AgainRPS != nil: // in results of older versions
		notes = append(notes, fmt.Sprintf("but met again at %s, so one result may be noise",
			units.PlannedRates(k.AgainRPS)))
	}
	if k.Search != nil && k.Search.Missing > 0 {
		notes = append(notes, "not settled: at least "+units.Plural(k.Search.Missing, "more block")+" needed")
	}
	if notes == nil {
		return where
	}
	return fmt.Sprintf("%s (%s)", where, strings.Join(notes, "; "))
}
