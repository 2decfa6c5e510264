package exporter

import (
	"runtime"

	"github.com/prometheus/client_golang/prometheus"

	"forktax/workload/contract"
)

// runtimeOf collects the state of the program's Go runtime under the names that Prometheus' own Go collector uses. That
// collector can only look at the process that it is in.
type runtimeOf struct{ snapshot contract.Snapshot }

// Describe implements prometheus.Collector. It sends nothing: there is one of each, and the names are in Collect.
func (runtimeOf) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (r runtimeOf) Collect(out chan<- prometheus.Metric) {
	gauge := func(name, help string, value float64) {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, nil, nil), prometheus.GaugeValue, value)
	}
	gauge("go_goroutines", "Number of goroutines that currently exist.", float64(r.snapshot.Goroutines))
	gauge("go_threads", "Number of OS threads created.", float64(r.snapshot.Threads))
	out <- prometheus.MustNewConstMetric(prometheus.NewDesc("go_info", "Information about the Go environment.", nil,
		prometheus.Labels{"version": r.snapshot.GoVersion}), prometheus.GaugeValue, 1)
	for _, m := range memory {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(m.name, m.help, nil, nil), m.kind, m.value(&r.snapshot.Memory))
	}
}

var memory = []struct {
	name, help string
	kind       prometheus.ValueType
	value      func(*runtime.MemStats) float64
}{
	{"go_memstats_alloc_bytes", "Number of bytes allocated in heap and currently in use.", prometheus.GaugeValue,
		func(m *runtime.MemStats) float64 { return float64(m.Alloc) }},
	{"go_memstats_alloc_bytes_total", "Total number of bytes allocated in heap until now, even if released already.",
		prometheus.CounterValue, func(m *runtime.MemStats) float64 { return float64(m.TotalAlloc) }},
	{"go_memstats_mallocs_total", "Total number of heap objects allocated.", prometheus.CounterValue,
		func(m *runtime.MemStats) float64 { return float64(m.Mallocs) }},
	{"go_memstats_frees_total", "Total number of heap objects frees.", prometheus.CounterValue,
		func(m *runtime.MemStats) float64 { return float64(m.Frees) }},
	{"go_memstats_sys_bytes", "Number of bytes obtained from system.", prometheus.GaugeValue,
		func(m *runtime.MemStats) float64 { return float64(m.Sys) }},
	{"go_memstats_heap_alloc_bytes", "Number of heap bytes allocated and currently in use.", prometheus.GaugeValue,
		func(m *runtime.MemStats) float64 { return float64(m.HeapAlloc) }},
	{"go_memstats_heap_sys_bytes", "Number of heap bytes obtained from system.", prometheus.GaugeValue,
		func(m *runtime.MemStats) float64 { return float64(m.HeapSys) }},
	{"go_memstats_heap_idle_bytes", "Number of heap bytes waiting to be used.", prometheus.GaugeValue,
		func(m *runtime.MemStats) float64 { return float64(m.HeapIdle) }},
	{"go_memstats_heap_inuse_bytes", "Number of heap bytes that are in use.", prometheus.GaugeValue,
		func(m *runtime.MemStats) float64 { return float64(m.HeapInuse) }},
	{"go_memstats_heap_objects", "Number of currently allocated objects.", prometheus.GaugeValue,
		func(m *runtime.MemStats) float64 { return float64(m.HeapObjects) }},
	{"go_memstats_stack_inuse_bytes", "Number of bytes in use by the stack allocator.", prometheus.GaugeValue,
		func(m *runtime.MemStats) float64 { return float64(m.StackInuse) }},
	{"go_memstats_next_gc_bytes", "Number of heap bytes when next garbage collection will take place.",
		prometheus.GaugeValue, func(m *runtime.MemStats) float64 { return float64(m.NextGC) }},
	{"go_memstats_last_gc_time_seconds", "Number of seconds since 1970 of last garbage collection.",
		prometheus.GaugeValue, func(m *runtime.MemStats) float64 { return float64(m.LastGC) / 1e9 }},
	{"go_gc_cycles_total", "Number of completed garbage collections.", prometheus.CounterValue,
		func(m *runtime.MemStats) float64 { return float64(m.NumGC) }},
	{"go_gc_pause_seconds_total", "Time that the program was stopped for garbage collections.",
		prometheus.CounterValue, func(m *runtime.MemStats) float64 { return float64(m.PauseTotalNs) / 1e9 }},
}
