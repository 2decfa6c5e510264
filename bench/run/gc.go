package run

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// The garbage collector must not run during a block: it would take CPU time from the server and pause the load
// generator. So it is off during a run, and runs between blocks if there is enough garbage.
const (
	collectFrom = 32 << 20  // heap size in bytes; an engine that allocates reaches it after several blocks
	memoryLimit = 192 << 20 // bytes; limits the heap of a block that allocates too much
)

// pauseCollector turns the garbage collector off and returns a function that restores its settings.
func pauseCollector() (restore func()) {
	percent, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(memoryLimit)
	return func() {
		debug.SetGCPercent(percent)
		debug.SetMemoryLimit(limit)
	}
}

// collect runs a complete garbage collection if the heap is larger than collectFrom.
func collect() {
	if runtimeMetric("/memory/classes/heap/objects:bytes") > collectFrom {
		runtime.GC()
	}
}

// collections returns the number of garbage collections so far.
func collections() uint64 { return runtimeMetric("/gc/cycles/total:gc-cycles") }

func runtimeMetric(name string) uint64 {
	s := []metrics.Sample{{Name: name}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}
