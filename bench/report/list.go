package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"forktax/bench/analysis"
	"forktax/bench/foreign"
)

// listColumns are the columns of a list of runs.
var listColumns = []column[analysis.StoredRun]{
	{Name: "run", Text: of(func(r analysis.StoredRun) string { return r.Name })},
	{Name: "duration", Unit: ns, Text: of(func(r analysis.StoredRun) string {
		if r.Analysis == nil {
			return ""
		}
		return fmt.Sprintf("%.0f s", r.Analysis.Run.Seconds)
	})},
	{Name: "of", Text: of(func(r analysis.StoredRun) string { return foreign.Line(subjectOf(r)) })},
	{Name: "result", Text: of(func(r analysis.StoredRun) string { return foreign.Line(resultOf(r)) })},
}

// List prints a line for each run.
func List(w io.Writer, runs []analysis.StoredRun, t Terminal) error {
	p := printer{w: w, t: t}
	if len(runs) == 0 {
		p.line("no runs; create one with forktax run")
		return p.err
	}
	p.line("%s", makeTable(nil, listColumns, 0, runs, nil).render(t.Width))
	return p.err
}

// subjectOf returns the subject of a run: the sides of a check, the name of a suite, or the requests.
func subjectOf(r analysis.StoredRun) string {
	a := r.Analysis
	switch {
	case a == nil:
		return ""
	case a.Check != nil:
		return fmt.Sprintf("check %s against %s", a.Check.Candidate, a.Check.Base)
	case a.Run.Suite != nil:
		return "suite " + a.Run.Suite.Name
	}
	var names []string
	for _, c := range a.OwnCells() {
		if name := analysis.RequestName(c.Workload, c.Request); c.Workload != a.Run.Floor && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, s := range a.ColdStarts {
		if name := analysis.RequestName(s.Workload, s.Request); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// resultOf returns the result of a run in one sentence, or the reason why there is none.
func resultOf(r analysis.StoredRun) string {
	switch {
	case r.Analysis == nil:
		return "not readable: " + r.Err.Error()
	case !r.Analysis.Run.Complete && r.Analysis.Check == nil:
		return "incomplete: " + r.Analysis.Run.Condition
	}
	return answer(r.Analysis).Text
}
