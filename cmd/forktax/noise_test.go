package main

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"forktax/bench"
	"forktax/bench/load"
	"forktax/bench/program"
	"forktax/bench/program/programtest"
	"forktax/bench/report"
	"forktax/workload/contract"
)

// BenchmarkNoise shows what the machine's noise leaves of a comparison: for 28 s it visits a CGI program and a copy of
// it in turn, one client each, and then the program and a copy that works 50 µs longer before it answers. It reports the
// standard error of the log ratio, and the ratio with its interval. Run it alone:
// go test -run '^$' -bench Noise ./cmd/forktax
func BenchmarkNoise(b *testing.B) {
	for name, busy := range map[string]time.Duration{"copy": 0, "busy50µs": 50 * time.Microsecond} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				c := compareVariants(b, "forktax-startup", bench.Variant{Name: "original", Model: "cgi"},
					bench.Variant{Name: "copy", Model: "cgi", Env: map[string]string{"STARTUP_WORK": busy.String()}})
				b.ReportMetric(100*math.Log1p(*c.MDE)/(2.3263+1.6449), "standard-error-%") // see stats.MDE
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkPhases shows what it costs to tell the phases of a request: how much longer one takes than without, one client,
// by the median of 28 s each. Run it alone: go test -run '^$' -bench Phases ./cmd/forktax
func BenchmarkPhases(b *testing.B) {
	for _, model := range []string{"cgi", "persistent"} {
		b.Run(model, func(b *testing.B) {
			for range b.N {
				compareVariants(b, "forktax-hello",
					bench.Variant{Name: "silent", Model: model, Env: map[string]string{program.PhasesVariable: "off"}},
					bench.Variant{Name: "telling", Model: model})
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// compareVariants compares the median response time of two variants of a program, and reports the ratio.
func compareVariants(b *testing.B, command string, baseline, candidate bench.Variant) report.Comparison {
	b.Helper()
	dir := b.TempDir()
	p, err := program.Describe(b.Context(), filepath.Join(programtest.Build(b, command), command))
	if err != nil {
		b.Fatal(err)
	}
	plan := bench.Plan{Workloads: []contract.Description{p.Description}, Baseline: baseline.Name, Groups: 8, AtLeast: fewestSent,
		BudgetNS: int64(28 * time.Second), Seed: 1}
	launcher := &program.Launcher{Programs: []program.Program{p}, Dir: dir, Seed: plan.Seed}
	for _, v := range []bench.Variant{baseline, candidate} {
		plan.Variants = append(plan.Variants, v)
		launcher.Variants = append(launcher.Variants, program.Variant{Variant: v})
		plan.Cells = append(plan.Cells, bench.Cell{Workload: p.Name, Request: p.Requests[0].Name, Model: v.Name,
			Engine: load.Default, Load: bench.Load{Kind: bench.Closed, Concurrency: 1}})
	}
	analysis := measuredBy(b, plan, launcher, filepath.Join(dir, "run"))
	for _, c := range analysis.Comparisons {
		if c.Metric == report.MetricResponse && c.RatioLow != nil && c.MDE != nil {
			b.ReportMetric((c.Ratio-1)*100, "%")
			b.ReportMetric((*c.RatioLow-1)*100, "low-%")
			b.ReportMetric((*c.RatioHigh-1)*100, "high-%")
			b.ReportMetric(float64(c.Blocks), "pairs")
			return c
		}
	}
	b.Fatalf("there is no interval: %+v", analysis.Warnings)
	return report.Comparison{}
}
