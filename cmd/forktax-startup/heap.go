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

// hold takes the heap that the serving process is to have, and touches each page of it: memory that was never written
// to is not there. It is for the host: a fork that copied its page tables would take longer the larger it is.
func hold(context.Context) (release func() error, err error) {
	if _, err := duration(contract.EnvStartupWork); err != nil { // which the children would be told, and nobody else
		return nil, err
	}
	n, err := heapWanted()
	if err != nil {
		return nil, err
	}
	if free := available(); n > free-free/8 { // some must be left for the others
		return nil, fmt.Errorf("%s=%s: so much memory is not there: %d MiB are left, of which an eighth is to stay so",
			heapVariable, os.Getenv(heapVariable), free>>20)
	}
	heap := make([]byte, n)
	for i := 0; i < len(heap); i += os.Getpagesize() {
		heap[i] = 1
	}
	return func() error { runtime.KeepAlive(heap); return nil }, nil
}

func heapWanted() (int64, error) {
	text := os.Getenv(heapVariable)
	if text == "" {
		return 0, nil
	}
	const most = math.MaxInt64 >> 20
	number, found := strings.CutSuffix(text, "MiB")
	n, err := strconv.ParseInt(number, 10, 64)
	if !found || err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%s=%s: a size such as 1024MiB is needed", heapVariable, text)
	}
	return n << 20, nil
}

// available is how many bytes of memory can be had, by what the machine says and by the limit of the control group.
// Where neither is told, as on other systems, it is as many as there may be. Both are read by hand: what this program
// imports, each of its children would have to start.
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

// number reads a file that holds one; "max" is none.
func number(name string) (int64, bool) {
	text, err := os.ReadFile(name)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
