package analysis_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/subject"
)

// Traps come before all other warnings: first those of the plan, then those of blocks.
func TestTrapsAreTheFirstWarnings(t *testing.T) {
	m := analysistest.Fake{Cells: []plan.Cell{analysistest.Cell(plan.Baseline, 8), analysistest.Cell(plan.Fresh, 8)},
		Block: analysistest.TenResponses}
	r := m.Record(t, 8)
	r.Plan.Traps = []subject.Trap{
		{Code: "delayed-ack", Model: "persistent", Evidence: "43 ms between two parts", Advice: "write at once"},
		{Code: "shim", Model: "control", Evidence: "it starts a shim", Advice: "name the interpreter"}}
	r.Tail.Complete = false
	r.Blocks[1].Machine.ListenOverflows, r.Blocks[3].Machine.ListenOverflows = 2, 1
	r.Blocks[1].Cell, r.Blocks[3].Cell = 0, 0
	a := analysistest.Analyze(t, r)
	cell := "hello, persistent, 8 clients, fake"
	want := []analysis.Warning{
		{Code: "delayed-ack", Cell: cell, Text: "persistent: 43 ms between two parts", Trap: true, Model: "persistent"},
		{Code: "shim", Text: "control: it starts a shim", Trap: true, Model: "control"},
		{Code: "listen-backlog", Cell: cell, Trap: true, Model: "persistent"},
	}
	if len(a.Warnings) < 4 || a.Warnings[3].Code != "incomplete" {
		t.Fatalf("the warnings are %v, want three traps and then incomplete", a.Warnings)
	}
	dropped := a.Warnings[2].Text
	if !strings.HasPrefix(dropped, "persistent: the kernel dropped 3 connections in 2 of ") ||
		!strings.HasSuffix(dropped, cell) {
		t.Errorf("the warning is %q", dropped)
	}
	want[2].Text = dropped
	if diff := cmp.Diff(want, a.Warnings[:3], cmpopts.IgnoreFields(analysis.Warning{}, "Advice")); diff != "" {
		t.Errorf("the first warnings (-want +got):\n%s", diff)
	}
	for _, w := range a.Warnings[3:] {
		if w.Trap {
			t.Errorf("a trap is below other warnings: %v", w)
		}
	}
}

// Dropped connections are not a trap in a search, which overloads servers, or if they were not dropped at a listener.
func TestNoTrapInBlocks(t *testing.T) {
	for name, change := range map[string]func(*record.Result){
		"a search":    func(r *record.Result) { r.Plan.Searched = true; r.Blocks[0].Machine.ListenOverflows = 1 },
		"other drops": func(r *record.Result) { r.Blocks[0].Machine.ListenDrops = 1 },
		"none":        func(*record.Result) {},
	} {
		m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
		r := m.Record(t, 8)
		change(r)
		for _, w := range analysistest.Analyze(t, r).Warnings {
			if w.Trap {
				t.Errorf("%s: %v", name, w)
			}
		}
	}
}
