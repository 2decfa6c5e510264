package main

import (
	"math"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"forktax/bench"
	"forktax/bench/load"
	"forktax/bench/machine"
	"forktax/bench/program"
	"forktax/bench/report"
)

// BenchmarkNoise shows what the machine's noise leaves of a comparison: for 28 s it visits a CGI program and a copy of
// it in turn, one client each, and then the program and a copy that works 50 µs longer before it answers. It reports the
// standard error of the log ratio, and the ratio with its interval. Run it alone:
// go test -run '^$' -bench Noise ./cmd/forktax
func BenchmarkNoise(b *testing.B) {
	for name, busy := range map[string]time.Duration{"copy": 0, "busy50µs": 50 * time.Microsecond} {
		b.Run(name, func(b *testing.B) {
			for range b.N {
				c := compareCopies(b, busy, 28*time.Second)
				b.ReportMetric((c.Ratio-1)*100, "%")
				b.ReportMetric((*c.RatioLow-1)*100, "low-%")
				b.ReportMetric((*c.RatioHigh-1)*100, "high-%")
				b.ReportMetric(float64(c.Blocks), "pairs")
				b.ReportMetric(100*math.Log1p(*c.MDE)/(2.3263+1.6449), "standard-error-%") // see stats.MDE
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// compareCopies compares the median response time of a program with that of a copy which is busy at its start.
func compareCopies(b *testing.B, busy, budget time.Duration) report.Comparison {
	b.Helper()
	dir := b.TempDir()
	path := filepath.Join(dir, "startup")
	build := exec.Command("go", "build", "-tags", "netgo,osusergo", "-o", path, "forktax/cmd/startup")
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("building: %v\n%s", err, out)
	}
	p, err := program.Describe(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	plan := bench.Plan{Workloads: []bench.Description{p.Description}, Baseline: "original", Groups: 8, AtLeast: fewestSent,
		BudgetNS: int64(budget), Seed: 1}
	launcher := &program.Launcher{Programs: []program.Program{p}, Dir: dir, Seed: plan.Seed}
	for _, v := range []bench.Variant{
		{Name: "original", Model: "cgi"},
		{Name: "copy", Model: "cgi", Env: map[string]string{"STARTUP_WORK": busy.String()}},
	} {
		plan.Variants = append(plan.Variants, v)
		launcher.Variants = append(launcher.Variants, program.Variant{Variant: v})
		plan.Cells = append(plan.Cells, bench.Cell{Workload: p.Name, Request: p.Requests[0].Name, Model: v.Name,
			Engine: load.Default, Load: bench.Load{Kind: bench.Closed, Concurrency: 1}})
	}
	record, err := bench.CreateRecord(filepath.Join(dir, "run"), bench.Head{Schema: bench.Schema, Plan: plan})
	if err != nil {
		b.Fatal(err)
	}
	runner := bench.Runner{Plan: plan, Launcher: launcher, Engines: load.Engines(), Record: record,
		Machine: machine.Counters}
	if err := runner.Run(b.Context()); err != nil {
		b.Fatal(err)
	}
	if err := record.Finish(bench.Tail{Complete: true}); err != nil {
		b.Fatal(err)
	}
	analysis, err := analysisOf(record.Dir)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range analysis.Comparisons {
		if c.Metric == report.MetricResponse && c.RatioLow != nil && c.MDE != nil {
			return c
		}
	}
	b.Fatalf("there is no interval: %+v", analysis.Warnings)
	return report.Comparison{}
}
