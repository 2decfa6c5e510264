package plan_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// cells returns n distinct cells.
func cells(n int) []plan.Cell {
	var all []plan.Cell
	for i := range n {
		all = append(all, plan.Cell{Workload: "w", Request: "r", Model: fmt.Sprint("m", i), Engine: "fake"})
	}
	return all
}

func TestOrderIsAPermutation(t *testing.T) {
	for n := range 12 {
		for round := range 20 {
			p := plan.Plan{Cells: cells(n), Seed: uint64(n * round)}
			got := p.Order(round)
			sorted := slices.Sorted(slices.Values(got))
			for i, v := range sorted {
				if len(sorted) != n || v != i {
					t.Fatalf("Order(%d cells, round %d) = %v, want a permutation", n, round, got)
				}
			}
		}
	}
}

// The order of a seed must not change, since old results contain the seed.
func TestOrderDependsOnSeedAndRoundOnly(t *testing.T) {
	p := plan.Plan{Cells: cells(6), Seed: 1, Rounds: 8, Starts: 4}
	check := func(p plan.Plan, round int, want ...int) {
		t.Helper()
		if got := p.Order(round); !slices.Equal(got, want) {
			t.Errorf("Order(seed %d, round %d) = %v, want %v", p.Seed, round, got, want)
		}
	}
	check(p, 0, 1, 5, 4, 2, 0, 3)
	check(p, 1, 3, 1, 2, 4, 0, 5)
	other := plan.Plan{Cells: cells(6), Seed: 1, Rounds: 100, Starts: 3, BlockNS: 5, MinRequests: 7}
	other.Cells[0].Load.Concurrency = 9
	check(other, 0, p.Order(0)...)
	other.Seed = 2
	check(other, 0, 1, 3, 0, 2, 5, 4)
}

// The floor, whose cells are the last, is visited in the rounds of the first request with its load, so that both can be
// compared. It can also be compared with cells that are visited in every round.
func TestTurnOfFloor(t *testing.T) {
	one, eight := plan.Load{Concurrency: 1}, plan.Load{Concurrency: 8}
	p := plan.Plan{Seed: 1, Floor: "floor"}
	add := func(workload, request, model string, l plan.Load, stride int) {
		p.Cells = append(p.Cells, plan.Cell{Workload: workload, Request: request, Model: model, Engine: "fake", Load: l})
		p.Strides = append(p.Strides, stride)
	}
	for _, request := range []string{"read", "page", "sign"} {
		for _, model := range []string{"persistent", "cgi"} {
			add("guestbook", request, model, one, 1)
			add("guestbook", request, model, eight, 6)
		}
	}
	add("floor", "hello", "cgi", one, 1)
	add("floor", "hello", "cgi", eight, 6)
	together := map[plan.Cell]int{} // number of rounds in which the floor with the same load was visited, too
	rounds := 60
	for round := range rounds {
		var visited []plan.Cell
		for _, i := range p.Order(round) {
			visited = append(visited, p.Cells[i])
		}
		for _, c := range visited {
			floor := plan.Cell{Workload: "floor", Request: "hello", Model: "cgi", Engine: "fake", Load: c.Load}
			if slices.Contains(visited, floor) {
				together[c]++
			}
		}
	}
	for _, c := range p.Cells {
		want := 0
		switch {
		case c.Load == one:
			want = rounds
		case c.Workload == "floor" || c.Request == "read":
			want = rounds / 6
		}
		if together[c] != want {
			t.Errorf("%s was visited in %d rounds together with the floor, want %d", c, together[c], want)
		}
	}
}

// Together is true if the order of some round has both cells.
func TestTogether(t *testing.T) {
	p := plan.Plan{Seed: 1, Cells: cells(4), Strides: []int{1, 2, 2, 6}}
	for i := range p.Cells {
		p.Cells[i].Request = fmt.Sprint("r", i) // different requests have different turns
	}
	for a := range p.Cells {
		for b := range p.Cells {
			want := false
			for round := range 12 {
				order := p.Order(round)
				want = want || slices.Contains(order, a) && slices.Contains(order, b)
			}
			if got := p.Together(a, b); got != want {
				t.Errorf("Together(%d, %d) = %t, want %t", a, b, got, want)
			}
		}
	}
	if p.Together(1, 2) {
		t.Error("Together(1, 2) = true, want false")
	}
}

func TestExecutionModel(t *testing.T) {
	p := plan.Plan{Variants: []subject.Variant{{Name: "static", Model: "cgi"}, {Name: "kept", Model: "persistent"}}}
	for model, want := range map[string]string{"static": "cgi", "kept": "persistent", "cgi": "cgi", "apache": "apache"} {
		if got := p.ExecutionModel(model); got != want {
			t.Errorf("ExecutionModel(%s) = %s, want %s", model, got, want)
		}
	}
}

func TestRoundsBefore(t *testing.T) {
	check := func(rounds, starts int, want ...int) {
		t.Helper()
		var got []int
		for s := range starts {
			got = append(got, startRounds(plan.Plan{Rounds: rounds, Starts: starts}, s))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d rounds in %d starts: %v, want %v", rounds, starts, got, want)
		}
	}
	check(8, 4, 2, 2, 2, 2)
	check(10, 4, 3, 3, 2, 2)
	check(3, 3, 1, 1, 1)
	check(2, 3, 1, 1, 0)
	check(7, 1, 7)
	for rounds := range 30 {
		for starts := 1; starts < 10; starts++ {
			sum := 0
			for s := range starts {
				sum += startRounds(plan.Plan{Rounds: rounds, Starts: starts}, s)
			}
			if sum != rounds {
				t.Errorf("%d rounds in %d starts: total is %d", rounds, starts, sum)
			}
		}
	}
}

func TestBlockSeed(t *testing.T) {
	p := plan.Plan{Seed: 1}
	seen := map[uint64]int{}
	for round := range 1000 {
		s := p.BlockSeed(round)
		if before, ok := seen[s]; ok {
			t.Errorf("BlockSeed is %[3]d for both rounds %[1]d and %[2]d", before, round, s)
		}
		seen[s] = round
		if again := (plan.Plan{Seed: 1, Cells: cells(3), Rounds: 9}).BlockSeed(round); again != s {
			t.Errorf("BlockSeed(round %d) = %d, but %d for another plan with the same seed", round, s, again)
		}
	}
}

func TestRequests(t *testing.T) {
	p := plan.Plan{Workloads: []contract.Description{
		{Name: "a", Requests: []contract.Request{{Name: "x", Path: "/ax"}}},
		{Name: "b", Requests: []contract.Request{{Name: "x", Path: "/bx"}, {Name: "y", Path: "/by"}}},
		{Name: "c", Requests: []contract.Request{{Name: "x", Path: "/cx"}, {Name: "mix", Path: "/cm"}}},
	}}
	check := func(workload, request, paths, want string) {
		t.Helper()
		found, err := p.Requests(plan.Cell{Workload: workload, Request: request})
		var got []string
		for _, r := range found {
			got = append(got, r.Path)
		}
		if strings.Join(got, " ") != paths || (err == nil) != (want == "") ||
			err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("Requests(%s/%s) = %q, %v, want %q, %q", workload, request, got, err, paths, want)
		}
	}
	check("a", "x", "/ax", "")
	check("b", "x", "/bx", "")
	check("b", "y", "/by", "")
	check("a", "y", "", "a/y")
	check("d", "x", "", "d/x")
	check("d", "mix", "", "d/mix")
	check("b", "mix", "/bx /by", "")
	check("c", "mix", "/cm", "") // a request named mix
}

func TestCellString(t *testing.T) {
	check := func(l plan.Load, want string) {
		t.Helper()
		c := plan.Cell{Workload: "guestbook", Request: "read", Model: "cgi", Engine: "hey", Load: l}
		if got := c.String(); got != want {
			t.Errorf("Cell.String() = %q, want %q", got, want)
		}
	}
	check(plan.Load{Kind: plan.Closed, Concurrency: 1}, "guestbook/read, cgi, 1 client, hey")
	check(plan.Load{Kind: plan.Closed, Concurrency: 8}, "guestbook/read, cgi, 8 clients, hey")
	check(plan.Load{Kind: plan.Open, Concurrency: 8, RateRPS: 2.5}, "guestbook/read, cgi, 2.5/s, hey")
	check(plan.Load{Kind: plan.Closed, Concurrency: 8, NoReuse: true},
		"guestbook/read, cgi, 8 clients, no keep-alive, hey")
}

func TestDefaults(t *testing.T) {
	if got, want := (plan.Load{}).Timeout(), 20*time.Second; got != want {
		t.Errorf("Load{}.Timeout() = %v, want %v", got, want)
	}
	if got, want := (plan.Load{TimeoutNS: 5}).Timeout(), time.Duration(5); got != want {
		t.Errorf("Load{TimeoutNS: 5}.Timeout() = %v, want %v", got, want)
	}
	if got := (contract.Want{}).StatusCode(); got != 200 {
		t.Errorf("Want{}.StatusCode() = %d, want 200", got)
	}
	if got := (contract.Want{Status: 404}).StatusCode(); got != 404 {
		t.Errorf("Want{404}.StatusCode() = %d, want 404", got)
	}
}

func TestObservationTimes(t *testing.T) {
	o := record.Observation{Intended: 10, Sent: 13, FirstByte: 20, Done: 31}
	if o.Response() != 21 || o.Service() != 18 || o.Lag() != 3 {
		t.Errorf("%+v: response %d, service %d, lag %d, want 21, 18, 3", o, o.Response(), o.Service(), o.Lag())
	}
}

// startRounds returns the number of rounds of a start.
func startRounds(p plan.Plan, start int) int { return p.RoundsBefore(start+1) - p.RoundsBefore(start) }
