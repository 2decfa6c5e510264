package plan_test

import (
	"slices"
	"testing"
	"time"

	"forktax/bench/plan"
	"forktax/bench/stats"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// described returns a program with requests of these names.
func described(name string, models []string, requests ...string) subject.Program {
	p := subject.Program{Path: "/" + name, Description: contract.Description{Name: name, Models: models}}
	for _, r := range requests {
		p.Requests = append(p.Requests, contract.Request{Name: r, Method: "GET", Path: "/"})
	}
	return p
}

func planned(t *testing.T, o plan.Options, floor subject.Floor) plan.Plan {
	t.Helper()
	models := []string{"cgi", "reload", "reconnect", "persistent"}
	p, err := plan.New(o, []subject.Program{described("hello", models, "hello"),
		described("guestbook", models, "read", "page", "sign")}, nil, floor)
	if err != nil {
		t.Fatalf("New = %v", err)
	}
	return p
}

func theFloor() subject.Floor {
	p := described("floor", []string{"cgi"}, "hello")
	return subject.Floor{Program: &p}
}

// defaults returns the default options of forktax run.
func defaults() plan.Options {
	o := plan.DefaultOptions()
	o.Selections = []subject.Selection{{Program: "hello"}, {Program: "guestbook"}}
	o.PercentileNeeds = stats.PercentileNeeds
	return o
}

// A run with a budget visits each cell at least six times in 70% of it, as an interval needs, and the shortest visits
// are made in every round.
func TestDefaultRunVisits(t *testing.T) {
	for name, floor := range map[string]subject.Floor{"with the floor": theFloor(), "without": {}} {
		t.Run(name, func(t *testing.T) {
			p := planned(t, defaults(), floor)
			visits := make([]int, len(p.Cells))
			round := 0
			for took := time.Duration(0); took < 21*time.Second; round++ {
				for i, c := range p.Cells {
					if length, _ := p.Length(c); c.Engine != p.CrossCheck && round%p.Strides[i] == 0 {
						visits[i]++
						took += length
					}
				}
			}
			for i, c := range p.Cells {
				if c.Engine != p.CrossCheck && visits[i] < 6 {
					t.Errorf("%s is visited %d times in %d rounds, want at least 6", c, visits[i], round)
				}
				if c.Load.Concurrency == 1 && c.Engine != p.CrossCheck && p.Strides[i] != 1 {
					t.Errorf("%s has stride %d, want 1", c, p.Strides[i])
				}
			}
		})
	}
}

// With a short budget there may be fewer starts of the targets, unless their number was given.
func TestFewestStarts(t *testing.T) {
	for name, test := range map[string]struct {
		change func(o *plan.Options)
		want   int // fewest starts; 0 means Plan.Starts
	}{
		"by default":       {func(o *plan.Options) {}, 3},
		"starts are given": {func(o *plan.Options) { o.Explicit["starts"] = true }, 0},
		"rounds are given": {func(o *plan.Options) { o.Rounds = 20 }, 0},
		"a search":         {func(o *plan.Options) { o.FindKnee, o.SLO = true, "p99=50ms" }, 0},
	} {
		o := defaults()
		test.change(&o)
		if got := planned(t, o, theFloor()).FewestStarts; got != test.want {
			t.Errorf("%s: FewestStarts = %d, want %d", name, got, test.want)
		}
	}
}

// The floor is visited under each load of the run with model cgi, and not by the cross-check.
func TestPlanHasTheFloor(t *testing.T) {
	o := defaults()
	o.Rates, o.Explicit["clients"] = []float64{50, 20}, true
	p := planned(t, o, theFloor())
	if p.Floor != "floor" {
		t.Errorf("Floor = %q, want floor", p.Floor)
	}
	var loads []string
	for _, c := range p.Cells {
		if c.Workload == "floor" {
			loads = append(loads, c.String())
		}
	}
	want := []string{"floor/hello, cgi, 1 client, epoll", "floor/hello, cgi, 8 clients, epoll",
		"floor/hello, cgi, 20/s, epoll", "floor/hello, cgi, 50/s, epoll"}
	if !slices.Equal(loads, want) {
		t.Errorf("cells of the floor = %q, want %q", loads, want)
	}
	if p.Workloads[len(p.Workloads)-1].Name != "floor" {
		t.Errorf("Workloads = %+v, want the floor last", p.Workloads)
	}

	p = planned(t, o, subject.Floor{Missing: "not found"})
	if p.Floor != "" || p.FloorMissing != "not found" || len(p.Workloads) != 2 {
		t.Errorf("without a floor: Floor = %q, FloorMissing = %q, %d workloads", p.Floor, p.FloorMissing,
			len(p.Workloads))
	}
}

// FindFloor does not look for the floor if nothing would be compared with it.
func TestFindFloorNotNeeded(t *testing.T) {
	programs := []subject.Program{described("hello", []string{"persistent", "cgi"}, "hello")}
	tests := map[string]struct {
		change   func(o *plan.Options)
		programs []subject.Program
	}{
		"turned off":       {func(o *plan.Options) { o.Floor = false }, programs},
		"a search":         {func(o *plan.Options) { o.FindKnee = true }, programs},
		"no cgi":           {func(o *plan.Options) { o.Models = []string{"persistent"} }, programs},
		"only targets":     {func(*plan.Options) {}, nil},
		"it is a workload": {func(*plan.Options) {}, []subject.Program{described("floor", []string{"cgi"}, "hello")}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			o := defaults()
			test.change(&o)
			if got, err := o.FindFloor(t.Context(), nil, test.programs); got != (subject.Floor{}) || err != nil {
				t.Errorf("FindFloor = %+v, %v, want none", got, err)
			}
		})
	}
}
