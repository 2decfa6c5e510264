package analysis_test

import (
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
)

// The explanation depends on what differs: medians, throughputs, or both.
func TestWhyTheCrossCheckDiffers(t *testing.T) {
	check := func(blocks, clients int, median, throughput float64, crossCheckCPU int64, want string) {
		t.Helper()
		a := analysis.CrossCheck{CrossCheckEngine: "hey", Blocks: blocks, MedianRatio: median,
			ThroughputRatio: throughput, EngineCPU: 10, CrossCheckCPU: crossCheckCPU,
			Load: plan.Load{Kind: plan.Closed, Concurrency: clients}}
		if got := analysis.Why(a); got != want {
			t.Errorf("Why(%+v) = %q, want %q", a, got, want)
		}
	}
	check(8, 1, 1.04, 0.96, 20, "they agree")
	const onlyMedians = "the medians agree but the throughputs do not: "
	check(8, 1, 1, 0.8, 20, onlyMedians+"hey has more slow responses, or sends the next request later")
	check(8, 1, 0.97, 1.2, 20, onlyMedians+"hey has fewer slow responses, or sends the next request sooner")
	check(8, 1, 1.3, 0.8, 25, "hey uses 2.5 times the CPU time per request, on cores that the server needs")
	check(8, 8, 0.7, 0.8, 25, "hey sends the next request later, so fewer requests wait at the server at once")
	check(8, 8, 0.7, 1, 25, "hey sends the next request later, so fewer requests wait at the server at once")
	check(8, 8, 0.7, 1.4, 25, "unknown") // slower clients would not have a higher throughput
	check(8, 1, 0.7, 1.3, 25, "unknown")
	check(8, 1, 1.3, 0.8, 5, "unknown")
	check(5, 1, 1.1, 0.9, 20, "within the noise of 5 blocks each")
	check(5, 1, 1, 0.9, 20, "within the noise of 5 blocks each")
	check(5, 1, 1, 0.5, 20, onlyMedians+"hey has more slow responses, or sends the next request later")
	check(5, 1, 0.5, 2, 20, "only 5 blocks each on a noisy machine")
	check(1, 1, 0.5, 2, 20, "only 1 block each on a noisy machine")
}

// The line of the cross-check has the ranges of both ratios, and the singular for one cell.
func TestCrossCheckLine(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	check := func(want string) {
		t.Helper()
		if text := string(analysistest.Print(t, "text", a)); !strings.Contains(text, want) {
			t.Errorf("the text does not contain %q:\n%s", want, text)
		}
	}
	a.CrossChecks[0].MedianRatio, a.CrossChecks[0].ThroughputRatio = 1.02, 0.7
	a.CrossChecks[1].MedianRatio, a.CrossChecks[1].ThroughputRatio = 0.99, 0.98
	a.CrossChecks[0].Cause, a.CrossChecks[1].Cause = "hey takes more CPU time, on the server's cores", ""
	check(": 1 of 2 cells agree within 5%; causes of differences: hey takes more CPU time, on the server's cores (1).")
	a.CrossChecks = a.CrossChecks[:1]
	check(": 0 of 1 cell agree within 5%;")
}
