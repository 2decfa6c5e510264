package plan_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/plan"
)

// timed returns a plan with a closed and an open loop for two targets, in parts.
func timed(part plan.Part) plan.Plan {
	p := plan.Plan{Starts: 4, BudgetNS: int64(20 * time.Second), WarmUpNS: int64(2 * time.Second), MinRequests: 5, Seed: 9,
		BlockNS: int64(250 * time.Millisecond), Part: &part}
	for _, l := range []plan.Load{{Kind: plan.Closed, Concurrency: 3}, {Kind: plan.Open, Concurrency: 10, RateRPS: 100}} {
		for _, model := range []string{"one", "two"} {
			p.Cells = append(p.Cells, plan.Cell{Workload: "url", Request: "/", Model: model, Load: l})
		}
	}
	return p
}

// The timetable is the same for all parts. Its slots follow each other, a round visits each cell, the warm-up comes
// first, and it takes no longer than the warm-up and the budget, apart from a round.
func TestTimetable(t *testing.T) {
	p := timed(plan.Part{Number: 1, Of: 3})
	slots, length := p.Timetable()
	if other, _ := timed(plan.Part{Number: 3, Of: 3}).Timetable(); !slices.Equal(slots, other) {
		t.Error("two parts have different timetables")
	}
	end, starts := time.Duration(0), map[int]int{}
	for i, s := range slots {
		if s.At != end || s.Begin <= s.At || s.Read < s.Begin+p.Duration(p.Cells[s.Cell])+p.Tail(p.Cells[s.Cell]) {
			t.Fatalf("slot %d: %+v does not follow the one before, which ends at %v", i, s, end)
		}
		if end = length; i+1 < len(slots) {
			end = slots[i+1].At
		}
		if end <= s.Read {
			t.Fatalf("slot %d: %+v ends at %v", i, s, end)
		}
		if s.WarmUp != (i < 4) { // a round takes 2.4 s
			t.Errorf("slot %d: warm-up %t", i, s.WarmUp)
		}
		if !s.WarmUp {
			starts[s.Start]++
		}
	}
	if rounds := len(slots) / 4; len(slots)%4 != 0 || rounds != 9 {
		t.Errorf("%d slots, want 9 rounds of 4", len(slots))
	}
	if diff := cmp.Diff(map[int]int{0: 8, 1: 8, 2: 8, 3: 8}, starts); diff != "" {
		t.Errorf("slots by start (-want +got):\n%s", diff)
	}
	if length > 22*time.Second+3*time.Second {
		t.Errorf("it takes %v", length)
	}
	p.Rounds, p.WarmUpNS = 7, 0
	if slots, _ := p.Timetable(); len(slots) != 28 || slots[0].WarmUp {
		t.Errorf("7 rounds without warm-up have %d slots, want 28", len(slots))
	}
	for name, change := range map[string]func(*plan.Plan){
		"no cells":        func(p *plan.Plan) { p.Cells = nil },
		"no time":         func(p *plan.Plan) { p.BudgetNS, p.Rounds = 0, 0 },
		"endless rounds":  func(p *plan.Plan) { p.Rounds = 1 << 40 },
		"endless warm-up": func(p *plan.Plan) { p.WarmUpNS = math.MaxInt64 },
		"no visits":       func(p *plan.Plan) { p.Strides = []int{1 << 40, 1 << 40, 1 << 40, 1 << 40} },
		"long blocks":     func(p *plan.Plan) { p.BlockNS, p.Rounds = int64(time.Hour), 0 },
	} {
		p := timed(plan.Part{Number: 1, Of: 2})
		if change(&p); name != "" {
			if slots, _ := p.Timetable(); slices.ContainsFunc(slots, func(s plan.Slot) bool { return !s.WarmUp }) {
				t.Errorf("%s: the timetable has counted slots", name)
			}
		}
	}
}

// The clients of a closed loop and the connections of an open loop are shared; the shares add up.
func TestShareOfLoad(t *testing.T) {
	clients := 0
	for number := 1; number <= 4; number++ {
		part := plan.Part{Number: number, Of: 4}
		share := part.ShareOf(plan.Load{Kind: plan.Closed, Concurrency: 6})
		clients += share.Concurrency
		open := part.ShareOf(plan.Load{Kind: plan.Open, Concurrency: 2, RateRPS: 8})
		if open.Concurrency != 1 || open.RateRPS != 8 {
			t.Errorf("part %v of an open loop: %+v; want one connection, and the rate of the whole", part, open)
		}
	}
	if clients != 6 {
		t.Errorf("the parts have %d clients, want 6", clients)
	}
}
