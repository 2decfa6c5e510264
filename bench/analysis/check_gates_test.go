package analysis_test

import (
	"slices"
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
)

// What a check says of a record, and that it says a pass of nothing that does not carry one.
func TestCheck(t *testing.T) {
	for name, test := range map[string]struct {
		change       float64
		but          func(r *record.Result)
		verdict, why string
		needs        string
	}{
		"equal": {0, nil, analysis.Pass, "by each gate, ./new costs less than 10 % more than ./old", ""},
		"more": {0.2, nil, analysis.Regression, "response_p50 (hello) of ./new is worse than that of ./old: response_p50 by +20.",
			""},
		"the harness was killed": {0, func(r *record.Result) { r.Tail = record.Tail{} },
			analysis.Undecided, "the run was not completed: the harness was killed", "another run"},
		"it was interrupted": {0, func(r *record.Result) { r.Tail = record.Tail{LengthNS: 1, Condition: "interrupted"} },
			analysis.Undecided, "the run was not completed: interrupted", "another run"},
		"no blocks": {0, func(r *record.Result) { r.Blocks = nil },
			analysis.Undecided, "the targets were started 0 times", "--budget "},
		"too few starts": {0, func(r *record.Result) { r.Blocks = r.Blocks[:9*6] },
			analysis.Undecided, "the targets were started 6 times in the time, and the first look is after 16 starts", "--budget 16s"},
		"all of it is invalid": {0, analysistest.EachBlock(func(b *record.Block) { b.Collections = 1 }),
			analysis.Undecided, "more than a fifth of the blocks", "a quieter machine; docs/methodology.md"},
		"all of it is stolen, which decides nothing": {0, analysistest.EachBlock(func(b *record.Block) {
			b.Machine = record.Counters{CPUSeconds: 1, StealSeconds: 0.3}
		}), analysis.Pass, "by each gate", ""},
		"the floor is invalid": {0, floorInvalid, analysis.Pass, "by each gate", ""},
		"the floor is invalid, and stands for the base": {0, func(r *record.Result) {
			floorInvalid(r)
			r.Plan.Check.Stored = &plan.StoredBaseline{Ratios: []plan.StoredRatio{{Request: "hello",
				Metric: analysis.MetricResponse, Ratio: 1}}}
		}, analysis.Undecided, "more than a fifth of the blocks of floor/floor", "docs/methodology.md"},
		"counts left out": {0, func(r *record.Result) {
			r.Plan.Check.LeftOut = []plan.LeftOut{{Gate: analysis.CountProcesses, Why: "no strace"},
				{Gate: analysis.CountFiles, Why: "no strace"}}
		}, analysis.Pass, "more than ./old; left out: processes, files_opened", ""},
		"a metric that nothing tells": {0, func(r *record.Result) {
			r.Plan.Check.Metrics = append(r.Plan.Check.Metrics, analysis.MetricCPU)
		}, analysis.Undecided, "nothing was measured by cpu_per_request (hello)", "--gates without that"},
		"no metric": {0, func(r *record.Result) { r.Plan.Check.Metrics = nil }, analysis.Undecided, "", "--budget "},
		"a metric that is unknown": {0, func(r *record.Result) { r.Plan.Check.Metrics = []string{"latency"} },
			analysis.Undecided, "nothing was measured by latency (hello)", ""},
		"no block of the control": {0, only(func(b record.Block) bool { return b.Cell != 2 }),
			analysis.Undecided, "was not found to be slower", "a quieter machine"},
		"a control that is as fast as the candidate": {0, func(r *record.Result) {
			only(func(b record.Block) bool { return b.Cell != 2 })(r)
			for _, b := range r.Blocks {
				if b.Cell == 1 {
					b.Cell = 2
					r.Blocks = append(r.Blocks, b)
				}
			}
		}, analysis.Undecided, "was not found to be slower", "a higher --must-catch"},
		"a control that is not in the plan": {0, func(r *record.Result) { r.Plan.Check.Control = "other" },
			analysis.Undecided, "was not found to be slower", ""},
		"a candidate that is not in the plan": {0, func(r *record.Result) { r.Plan.Check.Candidate = "other" },
			analysis.Undecided, "", ""},
		"a base that is not in the plan": {0, func(r *record.Result) { r.Plan.Baseline = "other" },
			analysis.Undecided, "nothing was measured by response_p50 (hello)", ""},
		"a stored base that says nothing of it": {0, func(r *record.Result) { r.Plan.Check.Stored = &plan.StoredBaseline{} },
			analysis.Undecided, "nothing was measured by response_p50 (hello)", ""},
		"the candidate fails once": {0, once(1), analysis.Regression,
			"errors (hello) of ./new is worse than that of ./old: errors went from 0 to 1; 1 of 96 requests of " +
				"hello/hello, candidate, 1 client, fake failed: 1 ", ""},
		"the base fails once": {0, once(0), analysis.Failed,
			"1 of 96 requests of hello/hello, base, 1 client, fake failed: 1 ", ""},
		"a process more": {0, func(r *record.Result) {
			r.Plan.Check.Counts = []plan.StartCount{{Metric: analysis.CountProcesses, Request: "hello",
				Of: map[string]int64{"base": 1, "candidate": 2}}}
		}, analysis.Regression, "processes (hello) of ./new is worse than that of ./old: processes by +100", ""},
		"starts of which nothing is valid, the most of them": {0, analysistest.EachBlock(func(b *record.Block) {
			if b.Start > 5 {
				b.Collections = 1
			}
		}), analysis.Undecided, "more than a fifth", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := analysistest.CheckRun(t, test.change)
			if test.but != nil {
				test.but(r)
			}
			got := analysistest.Analyze(t, r).Check
			if got.Verdict != test.verdict || !strings.Contains(got.Why, test.why) || !strings.Contains(got.Needs, test.needs) ||
				(got.Needs != "") != (test.verdict == analysis.Undecided) {
				t.Errorf("verdict %s, why %q, needs %q; want %s, %q, %q", got.Verdict, got.Why, got.Needs, test.verdict, test.why,
					test.needs)
			}
		})
	}
}

// A count that is worse says what of it is not the program's own doing.
func TestCountWithANote(t *testing.T) {
	r := analysistest.CheckRun(t, 0)
	r.Plan.Check.Counts = []plan.StartCount{{Metric: analysis.CountProcesses, Request: "hello", Note: "1 is another's",
		Of: map[string]int64{"base": 1, "candidate": 3}}}
	for _, g := range analysistest.Analyze(t, r).Check.Gates {
		if want := "; 1 is another's"; g.Metric == analysis.CountProcesses && !strings.HasSuffix(g.Why, want) {
			t.Errorf("the gate of processes is worse because %q, want it to end with %q", g.Why, want)
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

// floorInvalid adds a floor to a check, of which each block is invalid.
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

// once has one request of the cell fail.
func once(cell int) func(*record.Result) {
	return func(r *record.Result) {
		i := slices.IndexFunc(r.Blocks, func(b record.Block) bool { return b.Cell == cell })
		r.Blocks[i].Errors = map[string]int{"status": 1}
	}
}
