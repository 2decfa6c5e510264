package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"forktax/bench/record"
)

// words says in a sentence for each request up to which rate the models meet the objective, the slowest first, and what
// gave out there.
func words(knees []Knee) []statement {
	var all []statement
	for found := knees; len(found) > 0; {
		n := 0 // models of this request, which follow one another
		for n < len(found) && found[n].Workload == found[0].Workload && found[n].Request == found[0].Request {
			n++
		}
		s := statement{Text: fmt.Sprintf("%s: %s.", requestName(found[0].Workload, found[0].Request), sentence(found[:n]))}
		for i := range n {
			s.Places = append(s.Places, fmt.Sprintf(".knees.%d", len(knees)-len(found)+i))
		}
		all = append(all, s)
		found = found[n:]
	}
	return all
}

func sentence(models []Knee) string {
	models = slices.Clone(models)
	slices.SortStableFunc(models, func(a, b Knee) int { return cmp.Compare(a.met(), b.met()) })
	var parts, untold []string
	verb := "meets " + models[0].Objective
	for _, k := range models {
		if k.MetRPS == nil && k.FailedRPS == nil {
			untold = append(untold, k.Model)
			continue
		}
		parts = append(parts, fmt.Sprintf("%s %s %s", k.Model, verb, k.upTo()))
		verb = "does"
	}
	if untold != nil {
		parts = append(parts, fmt.Sprintf("too few requests to tell whether %s meets %s: a longer --budget is needed",
			strings.Join(untold, " or "), models[0].Objective))
	}
	return strings.Join(parts, "; ")
}

// met is the highest rate that met the objective, 0 if none did.
func (k Knee) met() float64 {
	if k.MetRPS == nil {
		return 0
	}
	return *k.MetRPS
}

// upTo says up to which rate the objective is met, and in parentheses what a reader must know of it.
func (k Knee) upTo() string {
	where := "up to " + planned(k.met())
	switch {
	case k.MetRPS == nil:
		where = "at no rate that was tried"
	case k.FailedRPS == nil:
		where = "at every rate that was tried, up to " + planned(k.met())
	}
	var notes []string
	if k.FailedRPS != nil {
		notes = append(notes, fmt.Sprintf("at %s %s", planned(*k.FailedRPS), k.Detail))
	}
	if k.AgainRPS != nil {
		notes = append(notes, fmt.Sprintf("yet it was met again at %s, so one of them may be noise", rates(k.AgainRPS)))
	}
	if k.Search != nil && k.Search.Missing > 0 {
		notes = append(notes, "not settled: it would take more visits, at the least "+strconv.Itoa(k.Search.Missing))
	}
	if notes == nil {
		return where
	}
	return fmt.Sprintf("%s (%s)", where, strings.Join(notes, "; "))
}

// unsettled warns of searches that ended for a reason that is not the server's, and not the generator's either.
func unsettled(r *record.Result, found []Knee) []Warning {
	var warnings []Warning
	var open []string
	more, highestMet := 1.0, 0.0
	for _, k := range found {
		highestMet = max(highestMet, k.met())
	}
	for _, k := range found {
		name := fmt.Sprintf("%s as %s", requestName(k.Workload, k.Request), k.Model)
		switch s := k.Search; {
		case s == nil:
		case s.Missing > 0:
			open = append(open, name)
			more = max(more, float64(s.Visits+s.Missing)/float64(s.Visits))
		case k.Reason == gaveGenerator && (k.MetRPS == nil || *k.FailedRPS <= highestMet):
			warnings = append(warnings, Warning{Code: Inconclusive,
				Text: fmt.Sprintf("the machine was too noisy to search for the knee of %s: at %s %s", name,
					planned(*k.FailedRPS), k.Detail),
				Advice: "measure on a quieter machine, at another time, or by a longer --block"})
		}
	}
	if open == nil || !r.Tail.Complete {
		return warnings
	}
	w := Warning{Code: Inconclusive, Text: "the search did not settle the knee of " + strings.Join(open, ", "),
		Advice: "noise kept it from being confirmed: give more --groups"}
	if r.Plan.BudgetNS > 0 {
		w.Advice = fmt.Sprintf("give a --budget of about %ds, or none", tens(float64(r.Plan.BudgetNS)/1e9*more))
	}
	return append(warnings, w)
}

// tens rounds up to a multiple of ten.
func tens(x float64) int { return int(math.Ceil(x/10)) * 10 }

// planned prints a rate as it was asked for, with all its digits: 48,000/s or 2.5/s.
func planned(perSecond float64) string {
	if whole := int64(perSecond); float64(whole) == perSecond {
		return grouped(whole) + "/s"
	}
	return strconv.FormatFloat(perSecond, 'f', -1, 64) + "/s"
}

func rates(all []float64) string {
	var parts []string
	for _, r := range all {
		parts = append(parts, planned(r))
	}
	return strings.Join(parts, ", ")
}
