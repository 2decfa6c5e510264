package cgi

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// A child tells its host what only it can know, how many connections it opened, how much memory it used and whether its
// answer is to be passed on as it comes, in a header of its answer that the host takes out again. The host asks for it in
// the environment, so that under any other server the same program sends nothing of the kind. A header is the one way
// back that net/http/cgi leaves open.
const (
	reportVariable = "FORKTAX_REPORT"
	reportHeader   = "Forktax-Child" // connections opened, peak resident bytes (0: not asked for), flushed or not
)

// What a host may ask for.
const (
	reportConnections = "connections"
	reportMemory      = "connections,memory"
)

// memoryEvery is how many children go by until one is asked for its peak memory again: reading it costs a child about
// 30 µs, a hundredth of its life, so only the first and then one in 64 pay it.
const memoryEvery = 64

func reportWanted(n int64) string {
	if n%memoryEvery == 1 {
		return reportMemory
	}
	return reportConnections
}

// addReport is the child's side: it adds what the host asked for. Connections may be nil if none ever are opened.
func addReport(header http.Header, connections func() int64, flushed bool) {
	wanted := os.Getenv(reportVariable)
	if wanted == "" {
		return
	}
	var opened, peak int64
	if connections != nil {
		opened = connections()
	}
	if wanted == reportMemory {
		peak = PeakMemory()
	}
	header.Set(reportHeader, fmt.Sprint(opened, peak, flushed))
}

// takeReport is the host's side: it takes the header out, counts what it says, and returns whether the child flushed its
// answer before that was complete.
func (c *counters) takeReport(header http.Header) (flushed bool) {
	said := strings.Fields(header.Get(reportHeader))
	header.Del(reportHeader)
	if len(said) != 3 {
		return false
	}
	if n, err := strconv.ParseInt(said[0], 10, 32); err == nil && n > 0 {
		c.connections.Add(n)
	}
	if n, err := strconv.ParseInt(said[1], 10, 64); err == nil {
		raise(&c.peak, n)
	}
	return said[2] == "true"
}

// raise sets v to n unless it is higher already.
func raise(v *atomic.Int64, n int64) {
	for {
		old := v.Load()
		if n <= old || v.CompareAndSwap(old, n) {
			return
		}
	}
}

// PeakMemory returns the highest resident size of this process in bytes, or 0 where the system does not tell. It is
// VmHWM: getrusage's ru_maxrss of a process that was started by vfork begins at its parent's peak, and would show the
// host's memory in every child. The file is read by hand because a library for it would have to be initialised in every
// child.
func PeakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	if !found {
		return 0
	}
	kilobytes, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	if err != nil {
		return 0
	}
	return kilobytes * 1024
}
