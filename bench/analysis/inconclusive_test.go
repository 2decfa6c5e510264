package analysis_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
)

// inconclusive returns the warnings that make a run inconclusive.
func inconclusive(a *analysis.Analysis) []analysis.Warning {
	return slices.DeleteFunc(slices.Clone(a.Warnings), func(w analysis.Warning) bool {
		return w.Code != analysis.Inconclusive
	})
}

// Two or more invalid blocks make a run inconclusive if they are more than 20%. A single one is an accident.
func TestTooManyInvalid(t *testing.T) {
	check := func(blocks, invalid int, want bool) {
		t.Helper()
		m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
		r := m.Record(t, blocks)
		for i := range r.Blocks {
			if r.Blocks[i].Cell == 0 && r.Blocks[i].Round < invalid {
				r.Blocks[i].Collections = 1
			}
		}
		a := analysistest.Analyze(t, r)
		found := inconclusive(a)
		got := slices.ContainsFunc(found, func(w analysis.Warning) bool {
			return strings.HasPrefix(w.Text, "more than 20% of the blocks")
		})
		if got != want {
			t.Errorf("%d of %d blocks invalid: warnings %+v, want one of invalid blocks: %t", invalid, blocks, found, want)
		}
		if got && len(found) > 1 {
			t.Errorf("%d of %d blocks invalid: warnings %+v, want no advice to measure longer", invalid, blocks, found)
		}
		for _, name := range report.Analyses.Names() { // also of a run without a valid block
			analysistest.Print(t, name, a)
		}
	}
	check(10, 0, false)
	check(10, 2, false) // 20% is not more than 20%
	check(10, 3, true)
	check(10, 10, true)
	check(9, 1, false)
	check(9, 2, true)
	check(4, 1, false) // 25%, but only one
	check(4, 2, true)
	check(1, 1, false) // there are too few blocks anyway
}

// Blocks of the cross-check are in no comparison, so no outcome depends on them.
func TestInvalidBlocksOfTheCrossCheck(t *testing.T) {
	cells := analysistest.Twins()
	for _, c := range analysistest.Twins() {
		c.Engine = "referee"
		cells = append(cells, c)
	}
	m := analysistest.Fake{Cells: cells, Block: analysistest.TenResponses}
	r := m.Record(t, 6)
	r.Plan.CrossCheck = "referee"
	for i := range r.Blocks {
		r.Blocks[i].Collections = r.Blocks[i].Cell / 2
	}
	a := analysistest.Analyze(t, r)
	if found := inconclusive(a); len(found) > 0 {
		t.Errorf("warnings %+v, want none of the cross-check", found)
	}
	if got := a.Cells[3].InvalidBlocks; got != 6 {
		t.Errorf("%d of the cross-check's blocks are invalid, want 6", got)
	}
	wantDisturbed(t, a, "hello, persistent, 1 client, referee", "hello, cgi, 1 client, referee")
}

// No outcome depends on blocks of the floor either. Invalid ones cause a warning.
func TestInvalidBlocksOfTheFloor(t *testing.T) {
	floor := analysistest.Cell("cgi", 1)
	floor.Workload, floor.Request = "floor", "floor"
	m := analysistest.Fake{Cells: append(analysistest.Twins(), floor), Block: analysistest.TenResponses}
	r := m.Record(t, 8)
	r.Plan.Floor = "floor"
	for i := range r.Blocks {
		r.Blocks[i].Collections = r.Blocks[i].Cell / 2
	}
	a := analysistest.Analyze(t, r)
	if found := inconclusive(a); len(found) > 0 {
		t.Errorf("warnings %+v, want none that the run is inconclusive", found)
	}
	wantDisturbed(t, a, "floor, cgi, 1 client, fake")
	r.Plan.Floor = "" // a workload of this name that the user selected
	found := inconclusive(analysistest.Analyze(t, r))
	if len(found) != 1 || found[0].Cell != "floor, cgi, 1 client, fake" {
		t.Errorf("warnings %+v, want one that the run is inconclusive", found)
	}
}

// wantDisturbed fails unless there is a warning of code disturbed for exactly these cells.
func wantDisturbed(t *testing.T, a *analysis.Analysis, cells ...string) {
	t.Helper()
	i := slices.IndexFunc(a.Warnings, func(w analysis.Warning) bool { return w.Code == "disturbed" })
	if i < 0 {
		t.Fatalf("warnings %+v, want one of %q", a.Warnings, cells)
	}
	w := a.Warnings[i]
	if w.Cell != "" {
		w.Cells = []string{w.Cell}
	}
	if diff := cmp.Diff(cells, w.Cells); diff != "" || !strings.Contains(w.Text, "are invalid: ") {
		t.Errorf("warning %+v, its cells (-want +got):\n%s", w, diff)
	}
}

// The warning of too few pairs for an interval advises how many rounds or how much time is enough.
func TestTooFewPairs(t *testing.T) {
	const second = 1e9
	for name, test := range map[string]struct {
		rounds  int                             // rounds in the record
		change  func(*plan.Plan, *analysis.Run) // sets the budget, and whether the run is complete
		invalid func(b record.Block) bool       // reports whether to make a block invalid
		want    string                          // the text; "" for no warning
		advice  string
	}{
		"enough": {rounds: 6},
		"rounds": {rounds: 5, want: "too few pairs of blocks for an interval in 1 of 1 comparisons: 5 for response_p50 in",
			advice: "--rounds 6 "},
		"rounds, one of which is invalid": {rounds: 6, invalid: func(b record.Block) bool { return b.Round == 2 },
			want: "comparisons: 5 for", advice: "--rounds 8 "}, // 6 · 6/5 = 7.2
		"a budget": {rounds: 5, change: func(p *plan.Plan, _ *analysis.Run) { p.Rounds, p.BudgetNS = 0, 10*second },
			want: "comparisons: 5 for", advice: "--budget 14s "},
		"a long budget": {rounds: 4, change: func(p *plan.Plan, _ *analysis.Run) { p.Rounds, p.BudgetNS = 0, 302*second },
			want: "comparisons: 4 for", advice: "--budget 530s "}, // 302 s · 7/4 = 528.5 s
		"a short budget": {rounds: 4, change: func(p *plan.Plan, _ *analysis.Run) { p.Rounds, p.BudgetNS = 0, second },
			want: "comparisons: 4 for", advice: "--budget 9s "}, // the run took 5 s, and 5 s · 7/4 = 8.75 s
		"an interrupted run": {rounds: 4, change: func(p *plan.Plan, r *analysis.Run) {
			p.Rounds, p.BudgetNS = 0, 600*second
			r.Complete = false
		}, want: "comparisons: 4 for", advice: "--budget 9s "},
		"no pairs": {rounds: 1, change: func(p *plan.Plan, _ *analysis.Run) { p.Rounds, p.BudgetNS = 0, 10*second },
			invalid: func(b record.Block) bool { return true }, want: "comparisons: 0 for response_p50 in",
			advice: "--budget 70s "},
		"a search, which compares nothing": {rounds: 1,
			change: func(p *plan.Plan, _ *analysis.Run) { p.Searched = true }},
	} {
		t.Run(name, func(t *testing.T) {
			m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
			r := m.Record(t, test.rounds)
			if test.change != nil {
				run := analysis.Run{Complete: true}
				test.change(&r.Plan, &run)
				r.Tail.Complete = run.Complete
			}
			for i := range r.Blocks {
				if test.invalid != nil && test.invalid(r.Blocks[i]) {
					r.Blocks[i].Collections = 1
				}
			}
			a := analysistest.Analyze(t, r)
			found := inconclusive(a)
			if test.want == "" {
				if len(found) > 0 {
					t.Errorf("warnings %+v, want none", found)
				}
				return
			}
			if len(found) != 1 || !strings.Contains(found[0].Text, test.want) ||
				!strings.Contains(found[0].Advice, test.advice) || found[0].Cell != "hello, cgi, 1 client, fake" {
				t.Errorf("warnings %+v, want one of %q with %q", found, test.want, test.advice)
			}
		})
	}
}

// There is a warning of a planned cell without blocks.
func TestCellsNeverVisited(t *testing.T) {
	m := analysistest.Fake{Cells: append(analysistest.Twins(), analysistest.Cell("persistent", 8),
		analysistest.Cell("cgi", 8)), Block: analysistest.TenResponses}
	r := m.Record(t, 6)
	r.Blocks = slices.DeleteFunc(r.Blocks, func(b record.Block) bool { return b.Cell > 1 })
	found := inconclusive(analysistest.Analyze(t, r))
	if len(found) != 1 {
		t.Fatalf("warnings %+v, want one", found)
	}
	found[0].Advice = ""
	want := analysis.Warning{Code: "inconclusive", Cell: "hello, cgi, 8 clients, fake",
		Text: "too few pairs of blocks for an interval in 1 of 2 comparisons: " +
			"0 for response_p50 in hello, cgi, 8 clients, fake"}
	if diff := cmp.Diff(want, found[0]); diff != "" {
		t.Errorf("warning (-want +got):\n%s", diff)
	}
}

// A warning that affects several cells is one line of the text; the JSON lists the cells.
func TestCellsOfAWarning(t *testing.T) {
	m := analysistest.Fake{Cells: append(analysistest.Twins(), analysistest.Cell("persistent", 8),
		analysistest.Cell("cgi", 8)), Block: analysistest.TenResponses}
	a := analysistest.Analyze(t, m.Record(t, 5))
	found := inconclusive(a)
	want := []string{"hello, cgi, 1 client, fake", "hello, cgi, 8 clients, fake"}
	if len(found) != 1 || found[0].Cell != "" || !slices.Equal(found[0].Cells, want) {
		t.Errorf("warnings %+v, want one of %q", found, want)
	}
	if got := strings.Count(string(analysistest.Print(t, "text", a)), "inconclusive:"); got != 1 {
		t.Errorf("the text has %d lines with the warning, want 1", got)
	}
	if a.Warnings[0].Cell != "" {
		t.Errorf("the warning's cell is %q, want none", a.Warnings[0].Cell)
	}
}

// Comparisons with the floor are additional, so there is no warning if they have too few pairs.
func TestTooFewPairsWithTheFloor(t *testing.T) {
	floor := analysistest.Cell("cgi", 1)
	floor.Workload, floor.Request = "floor", "floor"
	m := analysistest.Fake{Cells: append(analysistest.Twins(), floor), Block: analysistest.TenResponses}
	r := m.Record(t, 8)
	r.Plan.Floor = "floor"
	r.Blocks = slices.DeleteFunc(r.Blocks, func(b record.Block) bool { return b.Cell == 2 && b.Round > 2 })
	a := analysistest.Analyze(t, r)
	if !slices.ContainsFunc(a.Comparisons, func(c analysis.Comparison) bool {
		return c.Baseline == "floor" && c.Blocks == 3
	}) {
		t.Fatalf("comparisons %+v, want one with the floor over 3 pairs", a.Comparisons)
	}
	if found := inconclusive(a); len(found) > 0 {
		t.Errorf("warnings %+v, want none", found)
	}
}
