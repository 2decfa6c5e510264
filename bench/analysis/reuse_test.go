package analysis_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// rungs are the four models of hello under one client.
func rungs() []plan.Cell {
	return []plan.Cell{analysistest.Cell("persistent", 1), analysistest.Cell("reconnect", 1), analysistest.Cell("reload", 1), analysistest.Cell("cgi", 1)}
}

// timings are what each model tells of its phases, in µs, and what is outside of them.
var timings = map[string]struct {
	told    map[contract.Phase]uint32
	outside time.Duration
}{
	"persistent": {map[contract.Phase]uint32{contract.PhaseHandle: 5}, 30},
	"reconnect":  {map[contract.Phase]uint32{contract.PhaseConnect: 100, contract.PhaseHandle: 7}, 30},
	"reload":     {map[contract.Phase]uint32{contract.PhaseOpen: 20, contract.PhaseConnect: 100, contract.PhaseHandle: 7}, 30},
	"cgi": {map[contract.Phase]uint32{contract.PhaseSpawn: 300, contract.PhaseStart: 1200, contract.PhaseOpen: 30,
		contract.PhaseConnect: 150, contract.PhaseHandle: 10, contract.PhaseClose: 20, contract.PhaseExit: 180}, 40},
}

// telling answers a block by ten answers that tell their phases: all but the first as in timings, up to a microsecond
// that each round adds, and that one much slower.
func telling(c plan.Cell, round int) []record.Observation {
	var all []record.Observation
	for i := range 10 {
		var timing contract.Timing
		for p, us := range timings[c.Model].told {
			timing[p] = us * 1000
		}
		timing[contract.PhaseHandle] += uint32(round * 100)
		if i == 0 {
			timing[contract.PhaseHandle] += 1e9
		}
		o := analysistest.Response(timing.Sum() + timings[c.Model].outside*time.Microsecond)
		o.Timing = timing
		all = append(all, o)
	}
	return all
}

func TestPhases(t *testing.T) {
	m := analysistest.Fake{Cells: rungs(), Block: telling}
	a := analysistest.Analyze(t, m.Record(t, 7))
	// The median of 70 is the 35th: 9 of each round are ordinary, so it falls on round 3 (the 28th to the 36th), with
	// 300 ns.
	for i, want := range [][]analysis.Phase{
		{{Name: "handle", NS: 5_300}, {Name: "outside", NS: 30_000}},
		{{Name: "connect", NS: 100_000}, {Name: "handle", NS: 7_300}, {Name: "outside", NS: 30_000}},
		{{Name: "open", NS: 20_000}, {Name: "connect", NS: 100_000}, {Name: "handle", NS: 7_300}, {Name: "outside", NS: 30_000}},
		{{Name: "spawn", NS: 300_000}, {Name: "start", NS: 1_200_000}, {Name: "open", NS: 30_000}, {Name: "connect", NS: 150_000},
			{Name: "handle", NS: 10_300}, {Name: "close", NS: 20_000}, {Name: "exit", NS: 180_000},
			{Name: "outside", NS: 40_000}},
	} {
		if diff := cmp.Diff(want, a.Cells[i].Phases); diff != "" {
			t.Errorf("%s: phases (-want +got):\n%s", a.Cells[i].Model, diff)
		}
	}
	markdown := string(analysistest.Print(t, "markdown", a))
	for _, want := range []string{"spawn     █████████ ", "| hello | 1 client | process | reload | cgi |", "outside"} {
		if !strings.Contains(markdown, want) {
			t.Errorf("the report lacks %q:\n%s", want, markdown)
		}
	}
}

// Without phases, as a foreign server or hey has it, there is nothing to show.
func TestNoPhases(t *testing.T) {
	m := analysistest.Fake{Cells: rungs(), Block: analysistest.TenResponses}
	a := analysistest.Analyze(t, m.Record(t, 7))
	if len(a.Cells[3].Phases) != 0 {
		t.Errorf("phases %v, want none", a.Cells[3].Phases)
	}
	if s := a.ReuseLevels[0].Steps[0]; s.Phases.Value != nil || !s.Agree || s.Response.Value == nil {
		t.Errorf("the step is %+v, want one that only the client saw", s)
	}
	for _, format := range []string{"text", "markdown"} {
		if got := string(analysistest.Print(t, format, a)); strings.Contains(got, "Where the time") {
			t.Errorf("%s shows where the time goes without knowing:\n%s", format, got)
		}
	}
}

// Every step is a whole number of microseconds here, in all rounds alike.
func TestReuseLevels(t *testing.T) {
	check := func(cells []plan.Cell, want []analysis.Step) {
		t.Helper()
		m := analysistest.Fake{Cells: cells, Block: telling}
		a := analysistest.Analyze(t, m.Record(t, 7))
		if len(a.ReuseLevels) != 1 || a.ReuseLevels[0].Workload != "hello" || a.ReuseLevels[0].Load != cells[0].Load {
			t.Fatalf("reuse levels = %+v, want one of hello", a.ReuseLevels)
		}
		got := a.ReuseLevels[0].Steps
		for i := range got {
			got[i].CPU = analysis.Estimate{}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("steps (-want +got):\n%s", diff)
		}
	}
	sure := func(us float64) analysis.Estimate {
		ns := us * 1000
		return analysis.Estimate{Value: &ns, Low: &ns, High: &ns}
	}
	connection := analysis.Step{NotReused: "connection", From: "persistent", To: "reconnect", Response: sure(102), Phases: sure(102),
		Blocks: 7, Agree: true}
	state := analysis.Step{NotReused: "state", From: "reconnect", To: "reload", Response: sure(20), Phases: sure(20), Blocks: 7, Agree: true}
	// What is outside of the phases differs by 10 µs, which the client sees and the servers do not tell.
	process := analysis.Step{NotReused: "process", From: "reload", To: "cgi", Response: sure(1773), Phases: sure(1763), Blocks: 7}
	check(rungs(), []analysis.Step{connection, state, process})

	both := process
	both.From, both.NotReused, both.Response, both.Phases = "reconnect", "state and process", sure(1793), sure(1783)
	check([]plan.Cell{analysistest.Cell("persistent", 1), analysistest.Cell("reconnect", 1), analysistest.Cell("cgi", 1)}, []analysis.Step{connection, both})

	m := analysistest.Fake{Cells: analysistest.Twins(), Block: telling}
	if a := analysistest.Analyze(t, m.Record(t, 7)); len(a.ReuseLevels) > 0 {
		t.Errorf("ladders of the twins alone = %+v, want none: that is the fork tax", a.ReuseLevels)
	}
}

func TestReuseLevelsDisagrees(t *testing.T) {
	m := analysistest.Fake{Cells: rungs(), Block: telling}
	a := analysistest.Analyze(t, m.Record(t, 7))
	for _, w := range a.Warnings {
		if w.Code == "ladder" {
			if !strings.Contains(w.Text, "in 1 of 3 steps (hello, 1 client, process: 1.77 ms and 1.76 ms)") {
				t.Errorf("the warning says %q, want the one step", w.Text)
			}
			return
		}
	}
	t.Errorf("warnings %+v, want one of the ladder", a.Warnings)
}

// What a request consists of is told in a sentence, and beside it what the smallest program takes.
func TestMeaningNamesLongestPhases(t *testing.T) {
	floor := analysistest.Cell("cgi", 1)
	floor.Workload, floor.Request = "least", "least"
	m := analysistest.Fake{Cells: append(rungs(), floor), Block: func(c plan.Cell, round int) []record.Observation {
		if c.Workload == "least" {
			return slices.Repeat([]record.Observation{analysistest.Response(300 * time.Microsecond)}, 10)
		}
		return telling(c, round)
	}}
	r := m.Record(t, 7)
	r.Plan.Floor = "least"
	want := "Of its 1.93 ms, start takes 1.20 ms, spawn takes 300 µs, exit takes 180 µs; the smallest program there is takes " +
		"300 µs through the same host."
	if got := string(analysistest.Print(t, "text", analysistest.Analyze(t, r))); !strings.Contains(got, want) {
		t.Errorf("the report says\n%s\nwant %q in it", got, want)
	}
}

// What a request costs in CPU is what a rate costs in cores, and what of the tax can go follows from the phases.
func TestDecisions(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: telling}
	r := m.Record(t, 7)
	r.Environment.Programs = []record.Program{{Workload: "hello", Go: "go1.26", Linking: record.LinkedDynamically}}
	for i := range r.Blocks {
		b := &r.Blocks[i]
		b.Usage = &contract.Usage{SelfCPUNS: 10 * 2_000_000, ConnectionsOpened: 10} // 2 ms a request
	}
	a := analysistest.Analyze(t, r)
	if len(a.Decisions) != 2 {
		t.Fatalf("%d decisions, want one for each model", len(a.Decisions))
	}
	for _, d := range a.Decisions {
		if d.SecondCoreRPS != 500 {
			t.Errorf("%s: a second core from %v requests/s, want 500", d.Model, d.SecondCoreRPS)
		}
		for _, s := range d.CoreShares {
			if want := s.RateRPS * 0.002; math.Abs(s.Cores-want) > 1e-12 {
				t.Errorf("%s: at %v/s %v cores, want %v", d.Model, s.RateRPS, s.Cores, want)
			}
		}
	}
	if d := a.Decisions[0]; d.TaxNS != nil || len(d.Savings) > 0 {
		t.Errorf("persistent has a tax of %v, and savings %v", d.TaxNS, d.Savings)
	}
	const tax = 1_895_000.0 // see TestLadder
	want := []analysis.Saving{
		{By: "a connection pooler", NS: 170_000, Share: 170_000 / tax, AtMost: true,
			Because: "the phases connect and close; all of them only if the pooler authenticates its clients at no cost, " +
				"as by trust"},
		{By: "a resident process", NS: tax, Share: 1, Because: "the comparison with persistent"},
	}
	if diff := cmp.Diff(want, a.Decisions[1].Savings); diff != "" {
		t.Errorf("savings (-want +got):\n%s", diff)
	}
}

// A static program of the same run bounds what a static build would save. The floor, which starts faster still, does
// not: it is no build of anything, and nothing that anybody has to decide on.
func TestStaticBuildSaves(t *testing.T) {
	cells := analysistest.Twins()
	for _, c := range analysistest.Twins() {
		c.Workload, c.Request = "light", "light"
		cells = append(cells, c)
	}
	floor := analysistest.Cell("cgi", 1)
	floor.Workload, floor.Request = "floor", "floor"
	m := analysistest.Fake{Cells: append(cells, floor), Block: func(c plan.Cell, round int) []record.Observation {
		block := telling(c, round)
		if c.Workload == "floor" {
			for i := range block {
				block[i].Timing[contract.PhaseStart] = 0
			}
		}
		if c.Workload == "light" && c.Model == "cgi" {
			for i := range block {
				block[i].Timing[contract.PhaseStart] -= 400_000
				block[i].Done -= 400 * time.Microsecond
			}
		}
		return block
	}}
	r := m.Record(t, 7)
	r.Environment.Programs = []record.Program{{Workload: "hello", Go: "go1.26", Linking: record.LinkedDynamically},
		{Workload: "light", Go: "go1.26", Linking: record.LinkedStatically},
		{Workload: "floor", Go: "go1.26", Linking: record.LinkedStatically}}
	r.Plan.Floor = "floor"
	for i := range r.Blocks {
		r.Blocks[i].Usage = &contract.Usage{SelfCPUNS: 1000}
	}
	for _, d := range analysistest.Analyze(t, r).Decisions {
		var got []analysis.Saving
		for _, s := range d.Savings {
			if s.By == "a static build" {
				got = append(got, s)
			}
		}
		var want []analysis.Saving
		if d.Workload == "floor" {
			t.Errorf("the floor is decided on: %+v", d)
		}
		if d.Workload == "hello" && d.Model == "cgi" {
			want = []analysis.Saving{{By: "a static build", NS: 400_000, Share: 400_000.0 / 1_895_000, AtMost: true,
				Because: "spawn and start of light, which is linked statically"}}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s as %s: savings (-want +got):\n%s", d.Workload, d.Model, diff)
		}
	}
}
