package run

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The collector of garbage must not run during a block: it would take processor time from the server, and stop the
// generator. So it is off while a run goes on, and called between blocks when there is something to collect.
const (
	collectFrom = 32 << 20  // bytes on the heap; an engine that allocates reaches this after several blocks
	memoryLimit = 192 << 20 // at which the collector runs all the same, in a block that allocates without end
)

// pauseCollector switches the collector off and returns what restores it.
func pauseCollector() (restore func()) {
	percent, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(memoryLimit)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// collect runs the collector, to its end, if there is much to collect.
func collect() {
	if runtimeMetric("/memory/classes/heap/objects:bytes") > collectFrom {
		runtime.GC()
	}
}

// collections is how many there were so far.
func collections() uint64 { return runtimeMetric("/gc/cycles/total:gc-cycles") }

func runtimeMetric(name string) uint64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
