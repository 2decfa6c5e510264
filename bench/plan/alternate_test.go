package plan_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/plan"
)

// alternatingPlan returns the plan of a check with two requests and the floor.
func alternatingPlan() plan.Plan {
	p := plan.Plan{Alternating: true, Baseline: "base", Floor: "floor", Seed: 3,
		Check: &plan.CheckSpec{Candidate: "candidate", Control: "control"}}
	for _, request := range []string{"read", "write"} {
		for _, model := range []string{"base", "candidate", "control"} {
			p.Cells = append(p.Cells, plan.Cell{Workload: "hello", Request: request, Model: model,
				Load: plan.Load{Kind: plan.Closed}})
		}
	}
	p.Cells = append(p.Cells, plan.Cell{Workload: "floor", Request: "hello", Model: "cgi",
		Load: plan.Load{Kind: plan.Closed}})
	p.Strides = []int{1, 1, 1, 1, 1, 1, 2}
	return p
}

// groupsOf returns the groups of a round, sorted.
func groupsOf(p plan.Plan, round int) [][]int {
	groups := p.Groups(round, 0)
	for _, g := range groups {
		slices.Sort(g)
	}
	slices.SortFunc(groups, slices.Compare)
	return groups
}

func TestGroups(t *testing.T) {
	p := alternatingPlan()
	for round, want := range [][][]int{
		{{0, 1}, {3, 4}, {6}}, {{1, 2}, {4, 5}}, // base with candidate, then candidate with control
		{{0, 1}, {3, 4}, {6}}, {{1, 2}, {4, 5}},
	} {
		if diff := cmp.Diff(want, groupsOf(p, round)); diff != "" {
			t.Errorf("round %d (-want +got):\n%s", round, diff)
		}
	}
	for cell, want := range []bool{true, true, true, true, true, true, false} {
		if got := p.Alternates(cell); got != want {
			t.Errorf("Alternates(%d) = %t, want %t", cell, got, want)
		}
	}
	first := map[int]int{}
	for round := range 400 {
		first[slices.DeleteFunc(p.Groups(2*round, round), func(g []int) bool { return !slices.Contains(g, 0) })[0][0]]++
	}
	if first[0] < 150 || first[1] < 150 || first[0]+first[1] != 400 {
		t.Errorf("base was first %d times and the candidate %d times, want about 200 of 400", first[0], first[1])
	}

	p.Check.BaseControl = "base-control"
	models := map[string]int{}
	for start := range 200 {
		delayed, launched := p.ControlOf(start)
		models[delayed]++
		want := map[string][][]int{"candidate": {{1, 2}, {4, 5}}, "base": {{0, 2}, {3, 5}}}[delayed]
		groups := p.Groups(1, start)
		for _, g := range groups {
			slices.Sort(g)
		}
		slices.SortFunc(groups, slices.Compare)
		if diff := cmp.Diff(want, groups); diff != "" || (launched == "base-control") != (delayed == "base") {
			t.Errorf("start %d launches %s as the control; groups (-want +got):\n%s", start, launched, diff)
		}
	}
	if models["base"] < 70 || models["candidate"] < 70 {
		t.Errorf("models of the control: %v, want about half of each", models)
	}

	p.Check.Control, p.Check.BaseControl = "", ""
	p.Cells = slices.DeleteFunc(p.Cells, func(c plan.Cell) bool { return c.Model == "control" })
	p.Strides = nil
	if diff := cmp.Diff([][]int{{0, 1}, {2, 3}, {4}}, groupsOf(p, 1)); diff != "" || p.RoundsTogether() != 1 {
		t.Errorf("RoundsTogether() without a control = %d; groups (-want +got):\n%s", p.RoundsTogether(), diff)
	}
	p.Alternating = false
	if diff := cmp.Diff([][]int{{0}, {1}, {2}, {3}, {4}}, groupsOf(p, 1)); diff != "" || p.Alternates(0) {
		t.Errorf("groups of a plan that does not alternate (-want +got):\n%s", diff)
	}
}

func TestCycle(t *testing.T) {
	for n, want := range map[int][]int{1: {0, 0}, 2: {0, 1, 1, 0}, 3: {0, 1, 2, 2, 1, 0}} {
		if got := plan.Cycle(n); !slices.Equal(got, want) {
			t.Errorf("Cycle(%d) = %v, want %v", n, got, want)
		}
	}
}
