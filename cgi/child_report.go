package cgi

import (
	"bytes"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// A child reports to its host what only the child can measure: the number of connections that it opened, its peak
// memory, and its timestamps. The host asks for the report by an environment variable, so the same program reports
// nothing under other servers. The report is the last line of the child's standard error, written just before it exits.
//
// The host must know earlier that the child flushes its response. The child therefore sets a header, which the host
// removes.
const (
	reportVariable = "FORKTAX_REPORT" // one of the constants below
	reportLine     = "forktax-child:" // prefix of the line; the fields of childReport follow, 0 if unknown
	flushHeader    = "Forktax-Child"
	flushValue     = "flushed"
)

// Values of reportVariable.
const (
	reportUsage  = "usage"
	reportMemory = "usage,memory"
)

// memoryEvery is the stride of the children that are asked for their peak memory, beginning with the first. Reading it
// takes a child about 30 µs, 1% of its lifetime.
const memoryEvery = 64

// reportWanted returns the value of reportVariable for the nth child, counted from 1.
func reportWanted(n int64) string {
	if n%memoryEvery == 1 {
		return reportMemory
	}
	return reportUsage
}

// A childReport is the report of a child. The timestamps are readings of contract.Now.
type childReport struct {
	pid         int64
	connections int64 // opened by the child
	peak        int64 // resident memory in bytes

	mainReached int64 // when main was reached
	opened      int64 // when Open had returned
	connected   int64 // when the handler was created
	handled     int64 // when the handler returned
	closed      int64 // when the connections were closed
}

func (r *childReport) fields() []*int64 {
	return []*int64{&r.pid, &r.connections, &r.peak, &r.mainReached, &r.opened, &r.connected, &r.handled, &r.closed}
}

// write writes the report to standard error, if the host asks for it. It runs in the child.
func (r *childReport) write() {
	wanted := os.Getenv(reportVariable)
	if wanted == "" {
		return
	}
	r.pid = int64(os.Getpid())
	if wanted == reportMemory {
		r.peak = PeakMemory()
	}
	line := []byte(reportLine)
	for _, f := range r.fields() {
		line = strconv.AppendInt(append(line, ' '), *f, 10)
	}
	os.Stderr.Write(append(line, '\n'))
}

// read parses a line of a child's standard error and reports whether it is a well-formed report. It runs in the host.
func (r *childReport) read(line []byte) bool {
	text, found := bytes.CutPrefix(line, []byte(reportLine))
	if !found {
		return false
	}
	var read childReport
	fields, words := read.fields(), strings.Fields(string(text))
	if len(words) != len(fields) {
		return false
	}
	for i, f := range fields {
		n, err := strconv.ParseInt(words[i], 10, 64)
		if err != nil || n < 0 {
			return false
		}
		*f = n
	}
	*r = read
	return true
}

// count adds the report of a child.
func (c *counters) count(r childReport) {
	c.connections.Add(r.connections)
	raise(&c.peak, r.peak)
}

// raise sets v to n unless it is already higher.
func raise(v *atomic.Int64, n int64) {
	for {
		old := v.Load()
		if n <= old || v.CompareAndSwap(old, n) {
			return
		}
	}
}

// takeFlush removes flushHeader and reports whether the child flushed its response before it was complete.
func takeFlush(header http.Header) bool {
	value := header.Get(flushHeader)
	header.Del(flushHeader)
	return value == flushValue
}
