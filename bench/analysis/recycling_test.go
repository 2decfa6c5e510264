package analysis_test

import (
	"fmt"
	"math"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// recycled returns an analysis with cells of which a request takes a + b/N, in 8 starts with relative noise.
func recycled(a, b, resident float64, counts ...int) *analysis.Analysis {
	family, _ := contract.ModelNamed("recycle:1")
	load := record.Load{Kind: record.Closed, Concurrency: 8}
	cell := func(model string, cpu float64) analysis.Cell {
		c := analysis.Cell{Cell: record.Cell{Workload: "w", Request: "r", Model: model, Engine: "e", Load: load}}
		c.CPUPerRequest = new(int64(cpu))
		c.Phases = []analysis.Phase{{Name: "spawn", NS: 1_000_000}, {Name: "handle", NS: 30_000},
			{Name: "child", NS: 5_000}}
		for start := range 8 {
			for block := range 5 {
				noise := 1 + 0.01*math.Sin(float64(7*start+3*block))
				c.Samples = append(c.Samples, analysis.Sample{Start: start,
					Metrics: map[string]float64{analysis.MetricCPU: cpu * noise}})
			}
		}
		return c
	}
	all := &analysis.Analysis{}
	all.Cells = append(all.Cells, cell(contract.Resident().Name, resident))
	for _, n := range counts {
		family.Name = fmt.Sprintf("recycle:%d", n)
		all.Cells = append(all.Cells, cell(family.Name, a+b/float64(n)))
	}
	return all
}

func TestRecycling(t *testing.T) {
	const a, b = 40_000, 2_000_000
	got := analysis.Recyclings(recycled(a, b, 30_000, 1, 10, 100, 1000))
	if len(got) != 1 {
		t.Fatalf("%d fits, want 1", len(got))
	}
	r := got[0]
	for name, e := range map[string]struct {
		analysis.Estimate
		want float64
	}{"kept": {r.Kept, a}, "process": {r.Process, b}} {
		if math.Abs(*e.Value/e.want-1) > 0.03 || e.Low == nil || *e.Low > *e.Value || *e.High < *e.Value {
			t.Errorf("%s = %v (%v to %v), want %v", name, *e.Value, e.Low, e.High, e.want)
		}
	}
	// 5% of the tax of 2,010,000 are 100,500; 10,000 of them go to the host, so b/N may be 90,500.
	if r.Enough == nil || *r.Enough < 22 || *r.Enough > 23 {
		t.Errorf("95%% are saved from N = %v, want 23", r.Enough)
	}
	if r.KeptPhases == nil || *r.KeptPhases != 35_000 {
		t.Errorf("by its phases, a kept process takes %v, want 35,000 ns", r.KeptPhases)
	}
	if len(r.Points) != 4 || r.Points[0].Requests != 1 || r.Points[3].Requests != 1000 || r.Family != "recycle:N" {
		t.Errorf("points %+v of %s", r.Points, r.Family)
	}
}

func TestRecyclingIsNotFitted(t *testing.T) {
	if got := analysis.Recyclings(recycled(40_000, 2_000_000, 30_000, 1, 10)); len(got) > 0 {
		t.Errorf("two points are fitted by two parameters: %+v", got)
	}
	got := analysis.Recyclings(recycled(300_000, 2_000_000, 30_000, 1, 10, 100))
	if len(got) != 1 || got[0].Enough != nil {
		t.Errorf("95%% are saved although the host uses more than 5%%: %+v", got)
	}
}

// In a suite, processes that are replaced are compared with the baseline, if that is resident, or else with the
// resident model.
func TestRecyclingInASuite(t *testing.T) {
	for name, test := range map[string]struct {
		baseline, first string
		fresh, compared bool
	}{
		"a resident baseline":                   {"kept", "kept", false, true},
		"a CGI program":                         {"kept", "kept", true, false},
		"a CGI program, and the resident model": {"cgi", record.Baseline, false, true},
		"a baseline that is replaced":           {"recycle:1", record.Baseline, false, true},
		"such a baseline, and no resident one":  {"recycle:1", "kept", false, false},
	} {
		a := recycled(40_000, 2_000_000, 30_000, 1, 10, 100, 1000)
		a.Cells[0].Model, a.Run.Baseline = test.first, test.baseline
		a.Run.Suite = &plan.SuiteInfo{Contenders: []plan.Contender{{Workload: "w", Name: test.first, Fresh: test.fresh},
			{Workload: "w", Name: "cgi", Fresh: true}}}
		got := analysis.Recyclings(a)
		if len(got) != 1 || (got[0].Resident != nil) != test.compared || (got[0].Enough != nil) != test.compared {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
