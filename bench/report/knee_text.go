package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/units"
)

// kneeStatements say in a sentence for each request up to which rate the models meet the objective, the slowest first,
// and what gave out there.
func kneeStatements(knees []analysis.Knee) (all []statement) {
	for i := 0; i < len(knees); {
		name := analysis.RequestName(knees[i].Workload, knees[i].Request)
		var models []analysis.Knee // of this request, which follow one another
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
	var parts, untold []string
	verb := "meets " + models[0].Objective
	for _, k := range models {
		if k.MetRPS == nil && k.FailedRPS == nil {
			untold = append(untold, k.Model)
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s %s", k.Model, verb, metUpTo(k)))
		verb = "does"
	}
	if untold != nil {
		parts = append(parts, fmt.Sprintf("too few requests to tell whether %s meets %s: a longer --budget is needed",
			strings.Join(untold, " or "), models[0].Objective))
	}
	return strings.Join(parts, "; ")
}

// metUpTo says up to which rate the objective is met, and in parentheses what a reader must know of it.
func metUpTo(k analysis.Knee) string {
	where := "up to " + units.PlannedRate(k.Met())
	switch {
	case k.MetRPS == nil:
		where = "at no rate that was tried"
	case k.FailedRPS == nil:
		where = "at every rate that was tried, up to " + units.PlannedRate(k.Met())
	}
	var notes []string
	if k.FailedRPS != nil {
		notes = append(notes, fmt.Sprintf("at %s %s", units.PlannedRate(*k.FailedRPS), k.Detail))
	}
	switch {
	case k.Undecided != "":
		notes = append(notes, "undecided: "+k.Undecided)
	case k.AgainRPS != nil: // as an older forktax wrote it
		notes = append(notes, fmt.Sprintf("yet it was met again at %s, so one of them may be noise",
			units.PlannedRates(k.AgainRPS)))
	}
	if k.Search != nil && k.Search.Missing > 0 {
		notes = append(notes, "not settled: it would take more visits, at the least "+strconv.Itoa(k.Search.Missing))
	}
	if notes == nil {
		return where
	}
	return fmt.Sprintf("%s (%s)", where, strings.Join(notes, "; "))
}
