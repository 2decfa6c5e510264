package analysis_test

import (
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

// A check has a verdict, a reason, and its needs. Records with missing data never pass.
func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		change       float64
		but          func(r *record.Result)
		verdict, why string
		needs        string
	}{
		"equal": {0, nil, analysis.Pass, "by each gate, ./new costs less than 10% more than ./old", ""},
		"more": {0.2, nil, analysis.Regression,
			"./new is worse than ./old in response_p50 (hello): response_p50 by +20.", ""},
		"more, without time to confirm it": {0.2, func(r *record.Result) { r.Blocks = r.Blocks[:9*16] },
			analysis.Unconfirmed, "./new is above the margin of 3% in response_p50 (hello): response_p50 by +19.",
			"s more: --confirm-budget"},
		"more, but never clearly": {0.041, func(r *record.Result) {
			r.Plan.Check.MustCatch, r.Blocks = 0.041, r.Blocks[:9*12]
			r.Tail.LengthNS = int64(time.Hour) // of which a start takes five minutes
		}, analysis.Unconfirmed, "./new is above the margin of 3% in response_p50 (hello): response_p50 by +4.",
			"a quieter machine, or a higher --margin"},
		"more, by a secondary gate that decides": {0.2, func(r *record.Result) {
			r.Plan.Check.Metrics, r.Plan.Check.Alpha, r.Blocks = []string{analysis.MetricResponse90}, 0.001, r.Blocks[:9*8]
		}, analysis.Unconfirmed, "./new is above the margin of 3% in response_p90 (hello): response_p90 by +", "--budget "},
		"more, and confirmed after the budget": {0.2,
			analysistest.EachBlock(func(b *record.Block) { b.Overtime = b.Start >= 10 }),
			analysis.Regression, "./new is worse than ./old in response_p50 (hello): ", ""},
		"more, but not within the budget": {0.2,
			analysistest.EachBlock(func(b *record.Block) { b.Overtime = b.Start >= 6 }),
			analysis.Unconfirmed, "./new is above the margin of 3% in response_p50 (hello): response_p50 by +20.",
			"--budget 8s"},
		"the harness was killed": {0, func(r *record.Result) { r.Tail = record.Tail{} },
			analysis.Undecided, "the run was not completed: the harness was killed", "another run"},
		"it was interrupted": {0, func(r *record.Result) { r.Tail = record.Tail{LengthNS: 1, Condition: "interrupted"} },
			analysis.Undecided, "the run was not completed: interrupted", "another run"},
		"no blocks": {0, func(r *record.Result) { r.Blocks = nil },
			analysis.Undecided, "the targets were started 0 times", "--budget "},
		"too few starts": {0, func(r *record.Result) { r.Blocks = r.Blocks[:9*6] },
			analysis.Undecided,
			"the targets were started 6 times in the time available; a verdict needs at least 8 starts", "--budget 8s"},
		"all blocks are invalid": {0, analysistest.EachBlock(func(b *record.Block) { b.Collections = 1 }),
			analysis.Undecided, "more than 20% of the blocks", "a quieter machine; docs/methodology.md"},
		"all blocks have steal, which does not matter": {0, analysistest.EachBlock(func(b *record.Block) {
			b.Machine = record.Counters{CPUSeconds: 1, StealSeconds: 0.3}
		}), analysis.Pass, "by each gate", ""},
		"the floor is invalid": {0, floorInvalid, analysis.Pass, "by each gate", ""},
		"the floor is invalid, and used instead of the base": {0, func(r *record.Result) {
			floorInvalid(r)
			r.Plan.Check.Stored = &plan.StoredBaseline{Ratios: []plan.StoredRatio{{Request: "hello",
				Metric: analysis.MetricResponse, Ratio: 1}}}
		}, analysis.Undecided, "more than 20% of the blocks of floor", "docs/methodology.md"},
		"counts left out": {0, func(r *record.Result) {
			r.Plan.Check.LeftOut = []plan.LeftOut{{Gate: analysis.CountProcesses, Why: "no strace"},
				{Gate: analysis.CountFiles, Why: "no strace"}}
		}, analysis.Pass, "more than ./old; left out: processes, files_opened", ""},
		"a metric that no target reports": {0, func(r *record.Result) {
			r.Plan.Check.Metrics = append(r.Plan.Check.Metrics, analysis.MetricCPU)
		}, analysis.Undecided, "there are no measurements for cpu_per_request (hello)", "--gates without it"},
		"no metric": {0, func(r *record.Result) { r.Plan.Check.Metrics = nil }, analysis.Undecided, "", "--budget "},
		"a metric that is unknown": {0, func(r *record.Result) { r.Plan.Check.Metrics = []string{"latency"} },
			analysis.Undecided, "there are no measurements for latency (hello)", ""},
		"no block of the control": {0, only(func(b record.Block) bool { return b.Cell != 2 }),
			analysis.Undecided, "the positive control (+10% delay) was not detected", "a quieter machine"},
		"a control that is as fast as the candidate": {0, func(r *record.Result) {
			only(func(b record.Block) bool { return b.Cell != 2 })(r)
			for _, b := range r.Blocks {
				if b.Cell == 1 {
					b.Cell = 2
					r.Blocks = append(r.Blocks, b)
				}
			}
		}, analysis.Undecided, "was not detected", "a higher --must-catch"},
		"a control that is not in the plan": {0, func(r *record.Result) { r.Plan.Check.Control = "other" },
			analysis.Undecided, "was not detected", ""},
		"a candidate that is not in the plan": {0, func(r *record.Result) { r.Plan.Check.Candidate = "other" },
			analysis.Undecided, "", ""},
		"a base that is not in the plan": {0, func(r *record.Result) { r.Plan.Baseline = "other" },
			analysis.Undecided, "there are no measurements for response_p50 (hello)", ""},
		"a stored base without the metric": {0, func(r *record.Result) { r.Plan.Check.Stored = &plan.StoredBaseline{} },
			analysis.Undecided, "there are no measurements for response_p50 (hello)", ""},
		"the candidate fails once": {0, failed(1, 1), analysis.Unconfirmed,
			"1 request to the candidate failed, and none to the base, which may be chance: below an error rate of 1% it is " +
				"from 7 on: 1 of 96 requests of hello, candidate, 1 client, fake failed: 1 ", "another run"},
		"the candidate fails too often": {0, failed(1, 7), analysis.Regression,
			"./new is worse than ./old in errors (hello): errors increased from 0 to 7; 7 of 96 requests of " +
				"hello, candidate, 1 client, fake failed: 7 ", ""},
		"the base fails once": {0, failed(0, 1), analysis.Failed,
			"1 of 96 requests of hello, base, 1 client, fake failed: 1 ", ""},
		"one more process": {0, counts(nil, counted(analysis.CountProcesses, 1, 2)), analysis.Regression,
			"./new is worse than ./old in processes (hello): processes by +100", ""},
		"files within their margin": {0, counts(margins, counted(analysis.CountFiles, 54, 63)), analysis.Pass,
			"by each measured gate, ./new costs less than 10% more than ./old; changed within its margin: " +
				"files_opened (hello) 54 → 63", ""},
		"files above their margin": {0, counts(margins, counted(analysis.CountFiles, 54, 70)), analysis.Regression,
			"files_opened by +29.6%; to accept the count, use --margin files_opened=20%,+16", ""},
		"more processes and connections": {0, counts(margins, counted(analysis.CountProcesses, 1, 2),
			counted(analysis.CountConnections, 0, 3)), analysis.Regression,
			"connections increased from 0 to 3; to accept the counts, use --margin processes=+1 --margin connections=+3", ""},
		"slower by less than a margin of its own": {0.07, counts(map[string]record.Margin{
			analysis.MetricResponse: {Share: 0.09}}), analysis.Pass, "by each gate", ""},
		"slower by more than must be caught, within a margin of its own": {0.2, counts(map[string]record.Margin{
			analysis.MetricResponse: {Share: 0.3}}), analysis.Undecided, "", ""},
		"most starts without valid blocks": {0, analysistest.EachBlock(func(b *record.Block) {
			if b.Start > 5 {
				b.Collections = 1
			}
		}), analysis.Undecided, "more than 20%", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := analysistest.CheckRun(t, test.change)
			if test.but != nil {
				test.but(r)
			}
			got := analysistest.Analyze(t, r).Check
			if got.Verdict != test.verdict || !strings.Contains(got.Why, test.why) || !strings.Contains(got.Needs, test.needs) ||
				(got.Needs != "") != (test.verdict == analysis.Undecided || test.verdict == analysis.Unconfirmed) {
				t.Errorf("verdict %s, reason %q, needs %q; want %s, %q, %q", got.Verdict, got.Why, got.Needs, test.verdict,
					test.why, test.needs)
			}
		})
	}
}

// If the requests of base and candidate alternate, they are paired one by one.
func TestAlternatingCheck(t *testing.T) {
	r := analysistest.CheckRun(t, 0.2)
	pairs := map[bool]int{}
	for _, alternating := range []bool{false, true} {
		r.Plan.Alternating = alternating
		gates := analysistest.Analyze(t, r).Check.Gates
		g := gates[slices.IndexFunc(gates, func(g analysis.Gate) bool { return g.Metric == analysis.MetricResponse })]
		pairs[alternating] = g.Pairs
		if g.Ratio == nil || *g.Ratio < 1.19 || *g.Ratio > 1.21 {
			t.Errorf("alternating: %t: gate %+v, want a ratio of 1.2", alternating, g)
		}
	}
	blocks, requests := 0, 0
	for _, b := range r.Blocks {
		if b.Cell == 1 {
			blocks, requests = blocks+1, requests+b.Requests
		}
	}
	if pairs[false] != blocks || pairs[true] != requests {
		t.Errorf("pairs, by alternating: %v, want one for each of %d blocks or %d requests", pairs, blocks, requests)
	}
}

var margins = map[string]record.Margin{analysis.CountFiles: {Share: 0.2, Count: 10}, analysis.CountProcesses: {},
	analysis.CountConnections: {}}

func counted(metric string, base, candidate int64) record.StartCount {
	return record.StartCount{Metric: metric, Request: "hello", Of: map[string]int64{"base": base, "candidate": candidate}}
}

// counts sets the start counts and the margins of a check.
func counts(margins map[string]record.Margin, all ...record.StartCount) func(*record.Result) {
	return func(r *record.Result) { r.Plan.Check.Counts, r.Plan.Check.Margins = all, margins }
}

// The reason of a count's gate includes its margin, and the flag that accepts the regressions of all its requests.
func TestMarginsOfCounts(t *testing.T) {
	other := func(c record.StartCount) record.StartCount { c.Request = "other"; return c }
	files, processes := analysis.CountFiles, analysis.CountProcesses
	const within = "changed within its margin of 20% and 10"
	const above = "above its margin of 20% and 10; to accept it, use --margin files_opened="
	for name, test := range map[string]struct {
		margins map[string]record.Margin
		counts  []record.StartCount
		want    []string // the verdict and reason of each gate
	}{
		"a change":     {margins, []record.StartCount{counted(files, 54, 63)}, []string{"pass: " + within}},
		"no change":    {margins, []record.StartCount{counted(files, 54, 54)}, []string{"pass: "}},
		"less":         {margins, []record.StartCount{counted(files, 54, 5)}, []string{"pass: "}},
		"a small base": {margins, []record.StartCount{counted(files, 3, 13)}, []string{"pass: " + within}},
		"a large base": {margins, []record.StartCount{counted(files, 1000, 1200)}, []string{"pass: " + within}},
		"above both margins": {margins, []record.StartCount{counted(files, 54, 65)}, []string{
			"regression: " + above + "20%,+11"}},
		"two requests": {margins, []record.StartCount{counted(files, 54, 80), other(counted(files, 10, 40))}, []string{
			"regression: " + above + "20%,+30",
			"regression: " + above + "20%,+30"}},
		"a process": {margins, []record.StartCount{counted(processes, 1, 2)}, []string{
			"regression: above its margin of 0; to accept it, use --margin processes=+1"}},
		"an allowed process": {map[string]record.Margin{processes: {Count: 1}},
			[]record.StartCount{counted(processes, 1, 2)}, []string{"pass: changed within its margin of 1"}},
		"a record with one margin": {nil, []record.StartCount{counted(files, 100, 103), counted(processes, 100, 104)},
			[]string{"pass: changed within its margin of 3%",
				"regression: above its margin of 3%; to accept it, use --margin processes=3%,+4"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := analysistest.CheckRun(t, 0)
			counts(test.margins, test.counts...)(r)
			var got []string
			for _, g := range analysistest.Analyze(t, r).Check.Gates[:len(test.counts)] {
				got = append(got, g.Verdict+": "+g.Why)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("gates (-want +got):\n%s", diff)
			}
		})
	}
}

// A measured gate and its reason have the gate's own margin.
func TestMarginOfAMeasuredGate(t *testing.T) {
	r := analysistest.CheckRun(t, 0.2)
	r.Plan.Check.Margins = map[string]record.Margin{analysis.MetricResponse: {Share: 0.05}}
	gates := analysistest.Analyze(t, r).Check.Gates
	g := gates[slices.IndexFunc(gates, func(g analysis.Gate) bool { return g.Metric == analysis.MetricResponse })]
	if g.Verdict != analysis.Regression || !strings.HasPrefix(g.Why, "above the margin of 5%") || g.MarginText() != "5%" {
		t.Errorf("gate: verdict %s, reason %q, margin %s; want a regression above the margin of 5%%", g.Verdict, g.Why,
			g.MarginText())
	}
}

// The reason of a gate that a regression leaves undecided is that the check ended, not noise.
func TestRegressionLeavesOthersUndecided(t *testing.T) {
	r := analysistest.CheckRun(t, 0.2)
	r.Plan.Check.Metrics = append(r.Plan.Check.Metrics, analysis.MetricCPU)
	c := analysistest.Analyze(t, r).Check
	i := slices.IndexFunc(c.Gates, func(g analysis.Gate) bool { return g.Metric == analysis.MetricCPU })
	if g := c.Gates[i]; c.Verdict != analysis.Regression || g.Verdict != analysis.Undecided ||
		g.Why != "the regression ended the check before this gate was decided" {
		t.Errorf("the verdict of the check is %s, and of the other gate %s: %s", c.Verdict, g.Verdict, g.Why)
	}
}

// A gate whose interval is above its margin is not called inconclusive if another gate ends the check first.
func TestRegressionLeavesOthersUnconfirmed(t *testing.T) {
	r := analysistest.CheckRun(t, 0.2)
	r.Plan.Check.Metrics = append(r.Plan.Check.Metrics, analysis.MetricCPU)
	analysistest.EachBlock(func(b *record.Block) {
		cpu := int64(10_000)
		if r.Plan.Cells[b.Cell].Model == "candidate" && b.Start%3 > 0 { // 2 of 3 starts need 60% more, the others less
			cpu = 16_000
		} else if r.Plan.Cells[b.Cell].Model == "candidate" {
			cpu = 8000
		}
		b.Usage = &contract.Usage{SelfCPUNS: cpu}
	})(r)
	c := analysistest.Analyze(t, r).Check
	i := slices.IndexFunc(c.Gates, func(g analysis.Gate) bool { return g.Metric == analysis.MetricCPU })
	if g := c.Gates[i]; c.Verdict != analysis.Regression || g.RatioLow == nil || *g.RatioLow < 1.03 ||
		g.Verdict != analysis.Unconfirmed || !strings.Contains(g.Why, "another gate ended the check") {
		t.Errorf("the verdict of the check is %s, and of the other gate %+v", c.Verdict, g)
	}
}

// The reason of a regression of a count includes the part that the program itself does not cause.
func TestCountWithANote(t *testing.T) {
	r := analysistest.CheckRun(t, 0)
	r.Plan.Check.Counts = []plan.StartCount{{Metric: analysis.CountProcesses, Request: "hello", Note: "1 is another's",
		Of: map[string]int64{"base": 1, "candidate": 3}}}
	for _, g := range analysistest.Analyze(t, r).Check.Gates {
		if want := "; 1 is another's"; g.Metric == analysis.CountProcesses && !strings.HasSuffix(g.Why, want) {
			t.Errorf("the reason of the gate is %q, want it to end with %q", g.Why, want)
		}
	}
}

func only(keep func(record.Block) bool) func(*record.Result) {
	return func(r *record.Result) {
		var kept []record.Block
		for _, b := range r.Blocks {
			if keep(b) {
				kept = append(kept, b)
			}
		}
		r.Blocks = kept
	}
}

// floorInvalid adds a floor with only invalid blocks to a check.
func floorInvalid(r *record.Result) {
	floor := analysistest.Cell("cgi", 1)
	floor.Workload, floor.Request = "floor", "floor"
	r.Plan.Floor, r.Plan.Cells = "floor", append(r.Plan.Cells, floor)
	for _, b := range r.Blocks {
		if b.Cell == 0 {
			b.Cell, b.Collections = len(r.Plan.Cells)-1, 1
			r.Blocks = append(r.Blocks, b)
		}
	}
}

// failed makes requests of the first block of a cell fail.
func failed(cell, requests int) func(*record.Result) {
	return func(r *record.Result) {
		i := slices.IndexFunc(r.Blocks, func(b record.Block) bool { return b.Cell == cell })
		r.Blocks[i].Errors = map[string]int{"status": requests}
	}
}
