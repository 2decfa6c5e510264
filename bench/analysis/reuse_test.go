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

// allModels returns the cells of the four models of hello with one client.
func allModels() []plan.Cell {
	return []plan.Cell{analysistest.Cell("persistent", 1), analysistest.Cell("reconnect", 1),
		analysistest.Cell("reload", 1), analysistest.Cell("cgi", 1)}
}

// timings holds the phases that each model reports, and the time outside of them, in µs.
var timings = map[string]struct {
	phases  map[contract.Phase]uint32
	outside time.Duration
}{
	"persistent": {map[contract.Phase]uint32{contract.PhaseHandle: 5}, 30},
	"reconnect":  {map[contract.Phase]uint32{contract.PhaseConnect: 100, contract.PhaseHandle: 7}, 30},
	"reload": {map[contract.Phase]uint32{contract.PhaseOpen: 20, contract.PhaseConnect: 100,
		contract.PhaseHandle: 7}, 30},
	"cgi": {map[contract.Phase]uint32{contract.PhaseSpawn: 300, contract.PhaseStart: 1200, contract.PhaseOpen: 30,
		contract.PhaseConnect: 150, contract.PhaseHandle: 10, contract.PhaseClose: 20, contract.PhaseExit: 180}, 40},
}

// withPhases returns a block of ten responses with phases. The first is much slower; the others are as in timings, plus
// 100 ns for each round before.
func withPhases(c plan.Cell, round int) []record.Observation {
	var all []record.Observation
	for i := range 10 {
		var timing contract.Timing
		for p, us := range timings[c.Model].phases {
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
	m := analysistest.Fake{Cells: allModels(), Block: withPhases}
	a := analysistest.Analyze(t, m.Record(t, 7))
	// The median of 70 values is the 35th. 9 of each round are not slow, so it is in round 3 (the 28th to the 36th),
	// which adds 300 ns.
	for i, want := range [][]analysis.Phase{
		{{Name: "handle", NS: 5_300}, {Name: "outside", NS: 30_000}},
		{{Name: "connect", NS: 100_000}, {Name: "handle", NS: 7_300}, {Name: "outside", NS: 30_000}},
		{{Name: "open", NS: 20_000}, {Name: "connect", NS: 100_000}, {Name: "handle", NS: 7_300},
			{Name: "outside", NS: 30_000}},
		{{Name: "spawn", NS: 300_000}, {Name: "start", NS: 1_200_000}, {Name: "open", NS: 30_000},
			{Name: "connect", NS: 150_000}, {Name: "handle", NS: 10_300}, {Name: "close", NS: 20_000},
			{Name: "exit", NS: 180_000}, {Name: "outside", NS: 40_000}},
	} {
		if diff := cmp.Diff(want, a.Cells[i].Phases); diff != "" {
			t.Errorf("%s: phases (-want +got):\n%s", a.Cells[i].Model, diff)
		}
	}
	markdown := string(analysistest.Print(t, "markdown", a))
	for _, want := range []string{"spawn     █████████ ", "| hello | 1 client | process | reload | cgi |", "outside"} {
		if !strings.Contains(markdown, want) {
			t.Errorf("the report does not contain %q:\n%s", want, markdown)
		}
	}
}

// Without phases, as from an external server or with hey, reports have no section on where the time goes.
func TestNoPhases(t *testing.T) {
	m := analysistest.Fake{Cells: allModels(), Block: analysistest.TenResponses}
	a := analysistest.Analyze(t, m.Record(t, 7))
	if len(a.Cells[3].Phases) != 0 {
		t.Errorf("phases %v, want none", a.Cells[3].Phases)
	}
	if s := a.ReuseLevels[0].Steps[0]; s.Phases.Value != nil || !s.Agree || s.Response.Value == nil {
		t.Errorf("the step is %+v, want only the client's estimate", s)
	}
	for _, format := range []string{"text", "markdown"} {
		if got := string(analysistest.Print(t, format, a)); strings.Contains(got, "Where the time") {
			t.Errorf("%s shows where the time goes, which is unknown:\n%s", format, got)
		}
	}
}

// Every step is the same whole number of microseconds in all rounds.
func TestReuseLevels(t *testing.T) {
	check := func(cells []plan.Cell, want []analysis.Step) {
		t.Helper()
		m := analysistest.Fake{Cells: cells, Block: withPhases}
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
	exactly := func(us float64) analysis.Estimate {
		ns := us * 1000
		return analysis.Estimate{Value: &ns, Low: &ns, High: &ns}
	}
	connection := analysis.Step{NotReused: "connection", From: "persistent", To: "reconnect",
		Response: exactly(102), Phases: exactly(102), Blocks: 7, Agree: true}
	state := analysis.Step{NotReused: "state", From: "reconnect", To: "reload",
		Response: exactly(20), Phases: exactly(20), Blocks: 7, Agree: true}
	// The time outside of the phases differs by 10 µs, which only the client measures.
	process := analysis.Step{NotReused: "process", From: "reload", To: "cgi",
		Response: exactly(1773), Phases: exactly(1763), Blocks: 7}
	check(allModels(), []analysis.Step{connection, state, process})

	both := process
	both.From, both.NotReused = "reconnect", "state and process"
	both.Response, both.Phases = exactly(1793), exactly(1783)
	check([]plan.Cell{analysistest.Cell("persistent", 1), analysistest.Cell("reconnect", 1),
		analysistest.Cell("cgi", 1)}, []analysis.Step{connection, both})

	m := analysistest.Fake{Cells: analysistest.Twins(), Block: withPhases}
	if a := analysistest.Analyze(t, m.Record(t, 7)); len(a.ReuseLevels) > 0 {
		t.Errorf("reuse levels of two models = %+v, want none: the difference is the fork tax", a.ReuseLevels)
	}
}

func TestReuseLevelsDisagrees(t *testing.T) {
	m := analysistest.Fake{Cells: allModels(), Block: withPhases}
	a := analysistest.Analyze(t, m.Record(t, 7))
	for _, w := range a.Warnings {
		if w.Code == "ladder" {
			const want = "disagree for 1 of 3 steps (hello, 1 client, process: 1.77 ms by the client, 1.76 ms by the servers)"
			if !strings.Contains(w.Text, want) {
				t.Errorf("the warning is %q, want it to contain %q", w.Text, want)
			}
			return
		}
	}
	t.Errorf("warnings %+v, want one of code ladder", a.Warnings)
}

// The summary lists the phases of a request and the response time of the floor.
func TestMeaningNamesLongestPhases(t *testing.T) {
	floor := analysistest.Cell("cgi", 1)
	floor.Workload, floor.Request = "least", "least"
	m := analysistest.Fake{Cells: append(allModels(), floor), Block: func(c plan.Cell, round int) []record.Observation {
		if c.Workload == "least" {
			return slices.Repeat([]record.Observation{analysistest.Response(300 * time.Microsecond)}, 10)
		}
		return withPhases(c, round)
	}}
	r := m.Record(t, 7)
	r.Plan.Floor = "least"
	want := "The phases of cgi: start 1.20 ms · spawn 300 µs · exit 180 µs · others 250 µs. The floor, the smallest " +
		"possible program, takes 300 µs."
	if got := string(analysistest.Print(t, "text", analysistest.Analyze(t, r))); !strings.Contains(got, want) {
		t.Errorf("the report does not contain %q:\n%s", want, got)
	}
}

// The number of cores at a rate follows from the CPU time per request, the savings follow from the phases.
func TestDecisions(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: withPhases}
	r := m.Record(t, 7)
	r.Environment.Programs = []record.Program{{Workload: "hello", Go: "go1.26", Linking: record.LinkedDynamically}}
	for i := range r.Blocks {
		b := &r.Blocks[i]
		b.Usage = &contract.Usage{SelfCPUNS: 10 * 2_000_000, ConnectionsOpened: 10} // 2 ms per request
	}
	a := analysistest.Analyze(t, r)
	if len(a.Decisions) != 2 {
		t.Fatalf("%d decisions, want one for each model", len(a.Decisions))
	}
	for _, d := range a.Decisions {
		if d.SecondCoreRPS != 500 {
			t.Errorf("%s: one core is enough up to %v requests/s, want 500", d.Model, d.SecondCoreRPS)
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
	const tax = 1_895_000.0 // 102 µs + 20 µs + 1773 µs; see TestReuseLevels
	want := []analysis.Saving{
		{By: "a connection pooler", NS: 170_000, Share: 170_000 / tax, AtMost: true,
			Because: "phases connect and close; the bound is reached only if the pooler authenticates clients at no cost " +
				"(trust)"},
		{By: "a resident process", NS: tax, Share: 1, Because: "the comparison with persistent"},
	}
	if diff := cmp.Diff(want, a.Decisions[1].Savings); diff != "" {
		t.Errorf("savings (-want +got):\n%s", diff)
	}
}

// A statically linked program of the same run bounds the saving by a static build. The floor, which starts even faster,
// does not, because its child is not a Go program. There is no decision for the floor.
func TestStaticBuildSaves(t *testing.T) {
	cells := analysistest.Twins()
	for _, c := range analysistest.Twins() {
		c.Workload, c.Request = "light", "light"
		cells = append(cells, c)
	}
	floor := analysistest.Cell("cgi", 1)
	floor.Workload, floor.Request = "floor", "floor"
	m := analysistest.Fake{Cells: append(cells, floor), Block: func(c plan.Cell, round int) []record.Observation {
		block := withPhases(c, round)
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
			t.Errorf("there is a decision for the floor: %+v", d)
		}
		if d.Workload == "hello" && d.Model == "cgi" {
			want = []analysis.Saving{{By: "a static build", NS: 400_000, Share: 400_000.0 / 1_895_000, AtMost: true,
				Because: "phases spawn and start, compared with light, which is statically linked"}}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s as %s: savings (-want +got):\n%s", d.Workload, d.Model, diff)
		}
	}
}
