package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"

	"forktax/workload/contract"
)

// hold allocates the heap of the serving process and writes to each page, because unwritten pages take no memory. It
// shows whether the cost of starting a child depends on the memory of its host: fork(2) copies page tables.
func hold(context.Context) (release func() error, err error) {
	if _, err := duration(contract.EnvStartupWork); err != nil { // otherwise only the children would report it
		return nil, err
	}
	n, err := heapWanted()
	if err != nil {
		return nil, err
	}
	if free := available(); n > free-free/8 { // leave some for other processes
		return nil, fmt.Errorf("%s=%s: exceeds the available memory: %d MiB, of which 1/8 must stay free",
			heapVariable, os.Getenv(heapVariable), free>>20)
	}
	heap := make([]byte, n)
	for i := 0; i < len(heap); i += os.Getpagesize() {
		heap[i] = 1
	}
	return func() error { runtime.KeepAlive(heap); return nil }, nil
}

// heapWanted returns the size in heapVariable in bytes.
func heapWanted() (int64, error) {
	text := os.Getenv(heapVariable)
	if text == "" {
		return 0, nil
	}
	const most = math.MaxInt64 >> 20
	number, found := strings.CutSuffix(text, "MiB")
	n, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%s=%s: must be a size in MiB, such as 1024MiB", heapVariable, text)
	}
	return n << 20, nil
}

// available returns the available memory in bytes, according to /proc/meminfo and to the limit of the cgroup. If both
// are unknown, as on systems other than Linux, it returns math.MaxInt64. It uses no library, because each child of this
// program would initialize that.
func available() int64 {
	free := int64(math.MaxInt64)
	machine, _ := os.ReadFile("/proc/meminfo")
	for line := range bytes.Lines(machine) {
		var kilobytes int64
		if n, _ := fmt.Sscanf(string(line), "MemAvailable: %d kB", &kilobytes); n == 1 {
			free = kilobytes << 10
		}
	}
	limit, limited := number("/sys/fs/cgroup/memory.max")
	used, known := number("/sys/fs/cgroup/memory.current")
	if limited && known {
		free = min(free, max(limit-used, 0))
	}
	return free
}

// number reads a file that contains a number, and reports whether it does; "max" is not a number.
func number(name string) (int64, bool) {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
