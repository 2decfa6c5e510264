package main

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"forktax/bench/analysis"
	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
	"forktax/workload/contract"
)

// BenchmarkNoise measures how precise a comparison is despite the machine's noise. For 28 s it visits a CGI program
// and a copy of it in turn, with one client. Another 28 s are for the program and a copy that is busy for 50 µs
// longer before it responds. It reports the standard error of the log ratio, and the ratio with its interval. Run it
// alone: go test -run '^$' -bench Noise ./cmd/forktax
func BenchmarkNoise(b *testing.B) {
	for name, busy := range map[string]time.Duration{"copy": 0, "busy50µs": 50 * time.Microsecond} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				c := compareVariants(b, "forktax-startup", subject.Variant{Name: "original", Model: "cgi"},
					subject.Variant{Name: "copy", Model: "cgi", Env: map[string]string{contract.EnvStartupWork: busy.String()}})
				b.ReportMetric(100*math.Log1p(*c.MDE)/(2.3263+1.6449), "standard-error-%") // see stats.MDE
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkPhases measures the cost of reporting the phases of a request: the difference in median response time with
// and without phases. It takes 28 s per model, with one client. Run it alone: go test -run '^$' -bench Phases
// ./cmd/forktax
func BenchmarkPhases(b *testing.B) {
	for _, model := range []string{"cgi", "persistent"} {
		b.Run(model, func(b *testing.B) {
			for range b.N {
				compareVariants(b, "forktax-hello",
					subject.Variant{Name: "silent", Model: model, Env: map[string]string{contract.EnvPhases: "off"}},
					subject.Variant{Name: "telling", Model: model})
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// compareVariants compares the median response time of two variants of a program, and reports the ratio with its
// interval.
func compareVariants(b *testing.B, command string, baseline, candidate subject.Variant) analysis.Comparison {
	b.Helper()
	dir := b.TempDir()
	p, err := subject.Describe(b.Context(), filepath.Join(programtest.Build(b, command), command))
	if err != nil {
		b.Fatal(err)
	}
	pl := plan.Plan{Workloads: []contract.Description{p.Description}, Baseline: baseline.Name, Starts: 8,
		MinRequests: plan.MinRequests,
		BudgetNS:    int64(28 * time.Second), Seed: 1}
	launcher := &subject.Launcher{Programs: []subject.Program{p}, Dir: dir, Seed: pl.Seed}
	for _, v := range []subject.Variant{baseline, candidate} {
		pl.Variants = append(pl.Variants, v)
		launcher.Variants = append(launcher.Variants, v)
		pl.Cells = append(pl.Cells, plan.Cell{Workload: p.Name, Request: p.Requests[0].Name, Model: v.Name,
			Engine: load.Default, Load: plan.Load{Kind: plan.Closed, Concurrency: 1}})
	}
	a := measuredBy(b, pl, launcher, filepath.Join(dir, "run"))
	for _, c := range a.Comparisons {
		if c.Metric == analysis.MetricResponse && c.RatioLow != nil && c.MDE != nil {
			b.ReportMetric((c.Ratio-1)*100, "%")
			b.ReportMetric((*c.RatioLow-1)*100, "low-%")
			b.ReportMetric((*c.RatioHigh-1)*100, "high-%")
			b.ReportMetric(float64(c.Blocks), "pairs")
			return c
		}
	}
	b.Fatalf("no interval: %+v", a.Warnings)
	return analysis.Comparison{}
}
