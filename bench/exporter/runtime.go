package exporter

import (
	"github.com/prometheus/client_golang/prometheus"

	"forktax/workload/contract"
)

// A metric is one number of a program.
type metric struct {
	name, help string
	kind       prometheus.ValueType
	value      float64
}

const (
	gauge   = prometheus.GaugeValue
	counter = prometheus.CounterValue
)

// runtimeCollector collects the state of the program's Go runtime, with the names of Prometheus' own Go collector. That
// collector can read only its own process.
type runtimeCollector struct{ snapshot contract.Snapshot }

// Describe implements prometheus.Collector. It sends nothing: each metric exists once, and Collect has the names.
func (runtimeCollector) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (r runtimeCollector) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.MustNewConstMetric(prometheus.NewDesc("go_info", "Information about the Go environment.", nil,
		prometheus.Labels{"version": r.snapshot.GoVersion}), gauge, 1)
	m := r.snapshot.Memory
	for _, m := range []metric{
		{"go_goroutines", "Number of goroutines that currently exist.", gauge, float64(r.snapshot.Goroutines)},
		{"go_threads", "Number of OS threads created.", gauge, float64(r.snapshot.Threads)},
		{"go_memstats_alloc_bytes", "Number of bytes allocated in heap and currently in use.", gauge, float64(m.Alloc)},
		{"go_memstats_alloc_bytes_total", "Total number of bytes allocated in heap until now, even if released already.",
			counter, float64(m.TotalAlloc)},
		{"go_memstats_mallocs_total", "Total number of heap objects allocated.", counter, float64(m.Mallocs)},
		{"go_memstats_frees_total", "Total number of heap objects frees.", counter, float64(m.Frees)},
		{"go_memstats_sys_bytes", "Number of bytes obtained from system.", gauge, float64(m.Sys)},
		{"go_memstats_heap_alloc_bytes", "Number of heap bytes allocated and currently in use.", gauge, float64(m.HeapAlloc)},
		{"go_memstats_heap_sys_bytes", "Number of heap bytes obtained from system.", gauge, float64(m.HeapSys)},
		{"go_memstats_heap_idle_bytes", "Number of heap bytes waiting to be used.", gauge, float64(m.HeapIdle)},
		{"go_memstats_heap_inuse_bytes", "Number of heap bytes that are in use.", gauge, float64(m.HeapInuse)},
		{"go_memstats_heap_objects", "Number of currently allocated objects.", gauge, float64(m.HeapObjects)},
		{"go_memstats_stack_inuse_bytes", "Number of bytes in use by the stack allocator.", gauge, float64(m.StackInuse)},
		{"go_memstats_next_gc_bytes", "Number of heap bytes when next garbage collection will take place.", gauge,
			float64(m.NextGC)},
		{"go_memstats_last_gc_time_seconds", "Number of seconds since 1970 of last garbage collection.", gauge,
			float64(m.LastGC) / 1e9},
		{"go_gc_cycles_total", "Number of completed garbage collections.", counter, float64(m.NumGC)},
		{"go_gc_pause_seconds_total", "Time for which the program was stopped for garbage collections.", counter,
			float64(m.PauseTotalNs) / 1e9},
	} {
		out <- prometheus.MustNewConstMetric(prometheus.NewDesc(m.name, m.help, nil, nil), m.kind, m.value)
	}
}
