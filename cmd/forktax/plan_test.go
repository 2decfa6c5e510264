package main

import (
	"slices"
	"testing"
	"time"

	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// described is a program of that name, with requests of the same names each.
func described(name string, models []string, requests ...string) subject.Program {
	p := subject.Program{Path: "/" + name, Description: contract.Description{Name: name, Models: models}}
	for _, r := range requests {
		p.Requests = append(p.Requests, contract.Request{Name: r, Method: "GET", Path: "/"})
	}
	return p
}

func planned(t *testing.T, o options, floor floor) plan.Plan {
	t.Helper()
	models := []string{"cgi", "reload", "reconnect", "persistent"}
	plan, err := o.plan([]subject.Program{described("hello", models, "hello"),
		described("guestbook", models, "read", "page", "sign")}, nil, floor)
	if err != nil {
		t.Fatalf("plan = %v", err)
	}
	return plan
}

func theFloor() floor {
	p := described("floor", []string{"cgi"}, "hello")
	return floor{Program: &p}
}

// A run by the time visits each cell six times in 0.7 of it, which is what an interval needs, and short visits are made
// more often than long ones.
func TestDefaultRunVisitsEachCellOftenEnough(t *testing.T) {
	for name, floor := range map[string]floor{"with the floor": theFloor(), "without": {}} {
		t.Run(name, func(t *testing.T) {
			plan := planned(t, defaults(), floor)
			visits := make([]int, len(plan.Cells))
			round := 0
			for took := time.Duration(0); took < 21*time.Second; round++ {
				for i, c := range plan.Cells {
					if length, _ := plan.Length(c); c.Engine != plan.Referee && round%plan.Strides[i] == 0 {
						visits[i]++
						took += length
					}
				}
			}
			for i, c := range plan.Cells {
				if c.Engine != plan.Referee && visits[i] < 6 {
					t.Errorf("%s is visited %d times in %d rounds, want 6 at the least", c, visits[i], round)
				}
				if c.Load.Concurrency == 1 && c.Engine != plan.Referee && plan.Strides[i] != 1 {
					t.Errorf("%s is visited in every %d-th round, want all", c, plan.Strides[i])
				}
			}
		})
	}
}

// A budget may be too short for all starts of the targets, unless their number was asked for.
func TestStartsOfAShortBudget(t *testing.T) {
	for name, test := range map[string]struct {
		change func(o *options)
		want   int // starts at least; 0 means all
	}{
		"by default":           {func(o *options) {}, 3},
		"groups are given":     {func(o *options) { o.said["groups"] = place{} }, 0},
		"rounds are given":     {func(o *options) { o.Rounds = 20 }, 0},
		"a search has its own": {func(o *options) { o.FindKnee, o.SLO = true, "p99=50ms" }, 0},
	} {
		o := defaults()
		test.change(&o)
		if got := planned(t, o, theFloor()).FewestGroups; got != test.want {
			t.Errorf("%s: %d starts at least, want %d", name, got, test.want)
		}
	}
}

// The floor is visited under each load of the run, by the model cgi, and not by the referee.
func TestPlanHasTheFloor(t *testing.T) {
	o := defaults()
	o.Rates, o.said["clients"] = []float64{50, 20}, place{}
	plan := planned(t, o, theFloor())
	if plan.Floor != "floor" {
		t.Errorf("the plan's floor is %q", plan.Floor)
	}
	var loads []string
	for _, c := range plan.Cells {
		if c.Workload == "floor" {
			loads = append(loads, c.String())
		}
	}
	want := []string{"floor/hello, cgi, 1 client, epoll", "floor/hello, cgi, 8 clients, epoll",
		"floor/hello, cgi, 20/s, epoll", "floor/hello, cgi, 50/s, epoll"}
	if !slices.Equal(loads, want) {
		t.Errorf("the floor's cells are %q, want %q", loads, want)
	}
	if plan.Workloads[len(plan.Workloads)-1].Name != "floor" {
		t.Errorf("the plan's workloads are %+v, want the floor after the others", plan.Workloads)
	}

	plan = planned(t, o, floor{why: "there is none"})
	if plan.Floor != "" || plan.NoFloor != "there is none" || len(plan.Workloads) != 2 {
		t.Errorf("without a floor the plan has %q, because %q, and %d workloads", plan.Floor, plan.NoFloor,
			len(plan.Workloads))
	}
}

// Where nothing would be held against it, the floor is not even looked for.
func TestFloorIsNotWanted(t *testing.T) {
	programs := []subject.Program{described("hello", []string{"persistent", "cgi"}, "hello")}
	tests := map[string]struct {
		change   func(o *options)
		programs []subject.Program
	}{
		"told not to":         {func(o *options) { o.Floor = false }, programs},
		"a search":            {func(o *options) { o.FindKnee = true }, programs},
		"no cgi":              {func(o *options) { o.Models = []string{"persistent"} }, programs},
		"targets alone":       {func(*options) {}, nil},
		"it is there already": {func(*options) {}, []subject.Program{described("floor", []string{"cgi"}, "hello")}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := defaults()
			test.change(&o)
			if got, err := o.floor(t.Context(), nil, test.programs); got != (floor{}) || err != nil {
				t.Errorf("floor = %+v, %v, want none", got, err)
			}
		})
	}
}
