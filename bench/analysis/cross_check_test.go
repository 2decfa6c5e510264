package analysis_test

import (
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
)

// The reason that is given is one for what differs: medians, throughput, or both.
func TestWhyTheCrossCheckDiffers(t *testing.T) {
	check := func(blocks, clients int, median, throughput float64, crossCheckCPU int64, want string) {
		t.Helper()
		a := analysis.CrossCheck{CrossCheckEngine: "hey", Blocks: blocks, MedianRatio: median, ThroughputRatio: throughput, EngineCPU: 10,
			CrossCheckCPU: crossCheckCPU, Load: plan.Load{Kind: plan.Closed, Concurrency: clients}}
		if got := analysis.Why(a); got != want {
			t.Errorf("why of %+v = %q, want %q", a, got, want)
		}
	}
	check(8, 1, 1.04, 0.96, 20, "they agree")
	const onlyMedians = "the medians agree, the throughputs do not: "
	check(8, 1, 1, 0.8, 20, onlyMedians+"hey has more slow answers, or is slower to send again")
	check(8, 1, 0.97, 1.2, 20, onlyMedians+"hey has fewer slow answers, or is faster to send again")
	check(8, 1, 1.3, 0.8, 25, "hey takes 2.5 times the CPU a request, on the cores that the server needs")
	check(8, 8, 0.7, 0.8, 25, "hey is slower to send again, so fewer requests wait at the server at once")
	check(8, 8, 0.7, 1, 25, "hey is slower to send again, so fewer requests wait at the server at once")
	check(8, 8, 0.7, 1.4, 25, "the numbers do not tell") // which of slower clients would not be so
	check(8, 1, 0.7, 1.3, 25, "the numbers do not tell")
	check(8, 1, 1.3, 0.8, 5, "the numbers do not tell")
	check(5, 1, 1.1, 0.9, 20, "no more than noise may be, in so few blocks as 5 each")
	check(5, 1, 1, 0.9, 20, "no more than noise may be, in so few blocks as 5 each")
	check(5, 1, 1, 0.5, 20, onlyMedians+"hey has more slow answers, or is slower to send again")
	check(5, 1, 0.5, 2, 20, "5 blocks each are few on a noisy machine")
	check(1, 1, 0.5, 2, 20, "1 block each is little on a noisy machine")
}

// The line on the cross-check speaks of both, and of one cell in the singular.
func TestCrossCheckLine(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	check := func(want string) {
		t.Helper()
		if text := string(analysistest.Print(t, "text", a)); !strings.Contains(text, want) {
			t.Errorf("the text does not say %q:\n%s", want, text)
		}
	}
	a.CrossChecks[0].MedianRatio, a.CrossChecks[0].ThroughputRatio = 1.02, 0.7
	a.CrossChecks[1].MedianRatio, a.CrossChecks[1].ThroughputRatio = 0.99, 0.98
	check(": 1 of 2 cells agree within 5 %; medians differ by −1 % to +2 %, throughput by −30 % to −2 %. report.md has the reasons.")
	a.CrossChecks = a.CrossChecks[:1]
	check(": 0 of 1 cell agree within 5 %;")
}
