package report

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/record"
	"forktax/bench/units"
)

// exampleRate is the rate, in requests per second, at which an answer about a closed loop compares CPU time.
const exampleRate = 100

// answers returns the lines of the first screen: for each request, at its first load, the cost of each model compared
// with the baseline. For a suite it returns the headline, and for a search the rates that meet the objective.
func answers(a *analysis.Analysis) (lines []statement) {
	switch {
	case a.Run.Suite != nil:
		return append([]statement{answer(a)}, modelStatements(a)...)
	case len(a.ColdStarts) > 0:
		return coldStatements(a)
	}
	lines = kneeStatements(a.Knees)
	for _, c := range analysis.FirstLoads(withoutIntermediate(a).OwnCells()) {
		if s := answerOf(a, c); s.Text != "" {
			lines = append(lines, s)
		}
	}
	if lines = append(lines, modelStatements(a)...); len(lines) == 0 {
		return []statement{nothingFound(a)}
	}
	return lines
}

// answerOf compares a cell with the baseline's cell in one line; the text is "" if they were not compared.
func answerOf(a *analysis.Analysis, c analysis.Cell) (s statement) {
	r, kept := a.Comparison(c.Cell, analysis.MetricResponse), a.BaselineOf(c)
	name := analysis.RequestName(c.Workload, c.Request)
	if c.Load.Kind != record.Closed || c.Load.Concurrency != 1 {
		name += fmt.Sprintf(" (%s)", c.Load)
	}
	switch {
	case a.Overloaded(c):
		s.Text = fmt.Sprintf("%s: %s and %s have no comparable response times: requests arrived faster than they completed.",
			name, c.Model, a.Run.Baseline)
		return s
	case r == nil || kept == nil:
		return s
	}
	s.Places = []string{fmt.Sprintf(".comparisons.%d", a.ComparisonIndex(c.Cell, analysis.MetricResponse))}
	slow, fast, turned := &c, kept, turn(*r)
	if turned.more == kept.Model {
		slow, fast = kept, &c
	}
	s.Text = fmt.Sprintf("%s: %s %s, %s %s: %s.%s", name, slow.Model, medianText(*slow), fast.Model, medianText(*fast),
		ratioText(*r, turned), coreShares(*slow, *fast))
	return s
}

// medianText formats the median response time of a cell for a sentence.
func medianText(c analysis.Cell) string {
	text := units.Optional(c.Response.P50, units.RoughDuration)
	if slices.Contains(c.Response.AtLeast, "p50") {
		return "at least " + text
	}
	return text
}

// ratioText formats the ratio of the slower to the faster median, with its CI if known.
func ratioText(r analysis.Comparison, t turned) string {
	switch {
	case t.low == nil || t.high == nil: // also if a bound is 0, which has no inverse
		return fmt.Sprintf("about %s×, without a confidence interval (%s of blocks)", units.Rough(t.ratio),
			units.Plural(r.Blocks, "pair"))
	case r.Undecided():
		return fmt.Sprintf("no difference in response time found (95%% CI of the ratio %s to %s)", units.Rough(*t.low),
			units.Rough(*t.high))
	}
	return fmt.Sprintf("%s× (95%% CI %s to %s)", units.Rough(t.ratio), units.Rough(*t.low), units.Rough(*t.high))
}

// coreShares returns the CPU time that each cell uses at its rate or, in a closed loop, would use at exampleRate, as a
// share of a core; "" if unknown.
func coreShares(slow, fast analysis.Cell) string {
	if slow.CPUPerRequest == nil && fast.CPUPerRequest == nil {
		return ""
	}
	rate := float64(exampleRate)
	if slow.Load.Kind == record.Open {
		rate = slow.Load.RateRPS
	}
	share := func(c analysis.Cell) string {
		if c.CPUPerRequest == nil {
			return "an unknown share"
		}
		return units.RoughPercent(float64(*c.CPUPerRequest) * rate / 1e9)
	}
	return fmt.Sprintf(" At %s req/s: %s against %s of a core.", strings.TrimSuffix(units.PlannedRate(rate), "/s"), share(slow),
		share(fast))
}

// subjects lists the user's own programs and servers that a run compared; "" if there are none.
func subjects(a *analysis.Analysis) string {
	var parts []string
	for _, p := range a.Environment.Programs {
		if a.Check == nil && filepath.Base(p.Path) == p.Workload { // a user's program is named after its file
			parts = append(parts, "cgi: "+p.Path)
		}
	}
	for _, s := range a.Run.Servers {
		parts = append(parts, s.Name+": "+cmp.Or(s.Command, s.URL))
	}
	return strings.Join(parts, " · ")
}
