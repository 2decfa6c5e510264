//go:build linux

package load_test

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkEpoll reports the engine's CPU time per request with a resident handler, as the median of short visits. It
// is for comparing two versions of the engine: build a test binary of each and run them in turn.
func BenchmarkEpoll(b *testing.B) {
	url := startHello(b)
	runEpoll(b, url, 8, 100*time.Millisecond)
	var cpu []float64
	for b.Loop() {
		cpu = append(cpu, runEpoll(b, url, 8, 100*time.Millisecond).cpu)
	}
	slices.Sort(cpu)
	b.ReportMetric(cpu[len(cpu)/2], "cpu-µs/req")
	b.ReportMetric(cpu[0], "least-cpu-µs/req")
}
