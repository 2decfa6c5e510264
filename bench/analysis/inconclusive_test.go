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

// inconclusive lists the warnings that make a run so.
func inconclusive(a *analysis.Analysis) []analysis.Warning {
	return slices.DeleteFunc(slices.Clone(a.Warnings), func(w analysis.Warning) bool {
		return w.Code != analysis.Inconclusive
	})
}

// Two invalid blocks, if they are more than a fifth, make a run inconclusive. One is an accident.
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
			return strings.HasPrefix(w.Text, "more than a fifth of the blocks")
		})
		if got != want {
			t.Errorf("%d of %d blocks invalid: warnings %+v, want an accusation: %t", invalid, blocks, found, want)
		}
		if got && len(found) > 1 {
			t.Errorf("%d of %d blocks invalid: warnings %+v, want no advice to measure longer", invalid, blocks, found)
		}
		for _, name := range report.Analyses.Names() { // also of a run without one sound block
			analysistest.Print(t, name, a)
		}
	}
	check(10, 0, false)
	check(10, 2, false) // a fifth is not more than a fifth
	check(10, 3, true)
	check(10, 10, true)
	check(9, 1, false)
	check(9, 2, true)
	check(4, 1, false) // a quarter, but one
	check(4, 2, true)
	check(1, 1, false) // which is too few anyhow
}

// The blocks of the cross-check are in no comparison, so that nothing depends on them.
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
		t.Errorf("warnings %+v, want none of the referee", found)
	}
	if got := a.Cells[3].InvalidBlocks; got != 6 {
		t.Errorf("%d of the referee's blocks are invalid, want 6", got)
	}
	wantDisturbed(t, a, "hello/hello, persistent, 1 client, referee", "hello/hello, cgi, 1 client, referee")
}

// Nor are the floor's in one that decides; that they were disturbed is said.
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
	wantDisturbed(t, a, "floor/floor, cgi, 1 client, fake")
	r.Plan.Floor = "" // a workload by that name, which the user asked for
	if found := inconclusive(analysistest.Analyze(t, r)); len(found) != 1 || found[0].Cell != "floor/floor, cgi, 1 client, fake" {
		t.Errorf("warnings %+v, want one that the run is inconclusive", found)
	}
}

// wantDisturbed fails unless there is a warning of just these cells, which decide nothing.
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
	if diff := cmp.Diff(cells, w.Cells); diff != "" || !strings.Contains(w.Text, "is invalid: ") {
		t.Errorf("warning %+v, its cells (-want +got):\n%s", w, diff)
	}
}

// A run with too few pairs for an interval says how much would have been enough.
func TestTooFewPairs(t *testing.T) {
	const second = 1e9
	for name, test := range map[string]struct {
		rounds int                             // that were made
		change func(*plan.Plan, *analysis.Run) // the run is what the record says of it
		spoil  func(b record.Block) bool       // makes a block invalid
		want   string                          // the text; "" for none
		advice string                          //
	}{
		"enough": {rounds: 6},
		"rounds": {rounds: 5, want: "too few pairs of blocks for an interval in 1 of 1 comparisons: 5 by response_p50 in",
			advice: "--rounds 6,"},
		"rounds, one of which is lost": {rounds: 6, spoil: func(b record.Block) bool { return b.Round == 2 },
			want: "comparisons: 5 by", advice: "--rounds 8,"}, // 6 · 6/5 = 7.2
		"a budget": {rounds: 5, change: func(p *plan.Plan, _ *analysis.Run) { p.Rounds, p.BudgetNS = 0, 10*second },
			want: "comparisons: 5 by", advice: "--budget 14s,"},
		"a long budget": {rounds: 4, change: func(p *plan.Plan, _ *analysis.Run) { p.Rounds, p.BudgetNS = 0, 302*second },
			want: "comparisons: 4 by", advice: "--budget 530s,"}, // 302 s · 7/4 = 528.5 s
		"a short budget": {rounds: 4, change: func(p *plan.Plan, _ *analysis.Run) { p.Rounds, p.BudgetNS = 0, second },
			want: "comparisons: 4 by", advice: "--budget 9s,"}, // the run took 5 s, and 5 s · 7/4 = 8.75 s
		"an interrupted run": {rounds: 4, change: func(p *plan.Plan, r *analysis.Run) {
			p.Rounds, p.BudgetNS = 0, 600*second
			r.Complete = false
		}, want: "comparisons: 4 by", advice: "--budget 9s,"},
		"no pair at all": {rounds: 1, change: func(p *plan.Plan, _ *analysis.Run) { p.Rounds, p.BudgetNS = 0, 10*second },
			spoil: func(b record.Block) bool { return true }, want: "comparisons: 0 by response_p50 in", advice: "--budget 70s,"},
		"a search, which compares nothing": {rounds: 1, change: func(p *plan.Plan, _ *analysis.Run) { p.Searched = true }},
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
				if test.spoil != nil && test.spoil(r.Blocks[i]) {
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
				!strings.Contains(found[0].Advice, test.advice) || found[0].Cell != "hello/hello, cgi, 1 client, fake" {
				t.Errorf("warnings %+v, want one of %q with %q", found, test.want, test.advice)
			}
		})
	}
}

// A cell that was planned and never visited is not forgotten.
func TestCellsNeverVisited(t *testing.T) {
	m := analysistest.Fake{Cells: append(analysistest.Twins(), analysistest.Cell("persistent", 8), analysistest.Cell("cgi", 8)), Block: analysistest.TenResponses}
	r := m.Record(t, 6)
	r.Blocks = slices.DeleteFunc(r.Blocks, func(b record.Block) bool { return b.Cell > 1 })
	found := inconclusive(analysistest.Analyze(t, r))
	if len(found) != 1 {
		t.Fatalf("warnings %+v, want one", found)
	}
	found[0].Advice = ""
	want := analysis.Warning{Code: "inconclusive", Cell: "hello/hello, cgi, 8 clients, fake",
		Text: "too few pairs of blocks for an interval in 1 of 2 comparisons: " +
			"0 by response_p50 in hello/hello, cgi, 8 clients, fake"}
	if diff := cmp.Diff(want, found[0]); diff != "" {
		t.Errorf("warning (-want +got):\n%s", diff)
	}
}

// Where there is more than one of a kind, the JSON names each cell, and the text has one line.
func TestCellsOfAWarning(t *testing.T) {
	m := analysistest.Fake{Cells: append(analysistest.Twins(), analysistest.Cell("persistent", 8), analysistest.Cell("cgi", 8)), Block: analysistest.TenResponses}
	a := analysistest.Analyze(t, m.Record(t, 5))
	found := inconclusive(a)
	want := []string{"hello/hello, cgi, 1 client, fake", "hello/hello, cgi, 8 clients, fake"}
	if len(found) != 1 || found[0].Cell != "" || !slices.Equal(found[0].Cells, want) {
		t.Errorf("warnings %+v, want one of %q", found, want)
	}
	if got := strings.Count(string(analysistest.Print(t, "text", a)), "inconclusive:"); got != 1 {
		t.Errorf("the text has %d lines of it, want 1", got)
	}
	if a.Warnings[0].Cell != "" {
		t.Errorf("the warning's cell is %q, want none", a.Warnings[0].Cell)
	}
}

// What a program takes above the floor is told beside the fork tax, and not worth a longer run.
func TestTooFewPairsWithTheFloor(t *testing.T) {
	floor := analysistest.Cell("cgi", 1)
	floor.Workload, floor.Request = "floor", "floor"
	m := analysistest.Fake{Cells: append(analysistest.Twins(), floor), Block: analysistest.TenResponses}
	r := m.Record(t, 8)
	r.Plan.Floor = "floor"
	r.Blocks = slices.DeleteFunc(r.Blocks, func(b record.Block) bool { return b.Cell == 2 && b.Round > 2 })
	a := analysistest.Analyze(t, r)
	if !slices.ContainsFunc(a.Comparisons, func(c analysis.Comparison) bool { return c.Baseline == "floor" && c.Blocks == 3 }) {
		t.Fatalf("comparisons %+v, want one with the floor over 3 pairs", a.Comparisons)
	}
	if found := inconclusive(a); len(found) > 0 {
		t.Errorf("warnings %+v, want none", found)
	}
}
