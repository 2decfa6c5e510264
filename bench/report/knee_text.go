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

// words says in a sentence for each request up to which rate the models meet the objective, the slowest first, and what
// gave out there.
func words(knees []analysis.Knee) []statement {
	var all []statement
	for found := knees; len(found) > 0; {
		n := 0 // models of this request, which follow one another
		for n < len(found) && found[n].Workload == found[0].Workload && found[n].Request == found[0].Request {
			n++
		}
		s := statement{Text: fmt.Sprintf("%s: %s.", analysis.RequestName(found[0].Workload, found[0].Request), sentence(found[:n]))}
		for i := range n {
			s.Places = append(s.Places, fmt.Sprintf(".knees.%d", len(knees)-len(found)+i))
		}
		all = append(all, s)
		found = found[n:]
	}
	return all
}

func sentence(models []analysis.Knee) string {
	models = slices.Clone(models)
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
	if k.AgainRPS != nil {
		notes = append(notes, fmt.Sprintf("yet it was met again at %s, so one of them may be noise", units.PlannedRates(k.AgainRPS)))
	}
	if k.Search != nil && k.Search.Missing > 0 {
		notes = append(notes, "not settled: it would take more visits, at the least "+strconv.Itoa(k.Search.Missing))
	}
	if notes == nil {
		return where
	}
	return fmt.Sprintf("%s (%s)", where, strings.Join(notes, "; "))
}
