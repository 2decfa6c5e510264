package child

import (
	"bytes"
	"net/http"
	"os"
	"strconv"
	"strings"
)

// A child reports to its host what only the child can measure: the number of connections that it opened, its peak
// memory, and its timestamps. The host asks for the report by an environment variable, so the same program reports
// nothing under other servers. The report is the last line of the child's standard error, written just before it exits.
//
// The host must know earlier that the child flushes its response. The child therefore sets a header, which the host
// removes.
const (
	// Variable is the environment variable by which a host asks for a report. Its value is that of Wanted.
	Variable    = "FORKTAX_REPORT"
	reportLine  = "forktax-child:" // prefix of the line; the fields of Report follow, 0 if unknown
	flushHeader = "Forktax-Child"
	flushValue  = "flushed"
)

// Values of Variable.
const (
	reportUsage  = "usage"
	reportMemory = "usage,memory"
)

// memoryEvery is the stride of the children that are asked for their peak memory, beginning with the first. Reading it
// takes a child about 30 µs, 1% of its lifetime.
const memoryEvery = 64

// Wanted returns the value of Variable for the nth child, counted from 1.
func Wanted(n int64) string {
	if n%memoryEvery == 1 {
		return reportMemory
	}
	return reportUsage
}

// A Report is the report of a child. The timestamps are readings of contract.Now.
type Report struct {
	PID         int64
	Connections int64 // opened by the child
	PeakMemory  int64 // resident memory in bytes

	MainReached int64 // when main was reached
	Opened      int64 // when Open had returned
	Connected   int64 // when the handler was created
	Called      int64 // when a worker called the handler for this request
	Handled     int64 // when the handler returned
	Closed      int64 // when the connections were closed
}

func (r *Report) fields() []*int64 {
	return []*int64{&r.PID, &r.Connections, &r.PeakMemory, &r.MainReached, &r.Opened, &r.Connected, &r.Called, &r.Handled,
		&r.Closed}
}

// write writes the report to standard error, if the host asks for it. It runs in the child.
func (r *Report) write() {
	if wanted := os.Getenv(Variable); wanted != "" {
		os.Stderr.WriteString(r.Line(wanted) + "\n")
	}
}

// Line returns the report as a line. Wanted is the value of Variable; it decides whether the peak memory is included.
func (r *Report) Line(wanted string) string {
	r.PID = int64(os.Getpid())
	if wanted == reportMemory {
		r.PeakMemory = PeakMemory()
	}
	line := []byte(reportLine)
	for _, f := range r.fields() {
		line = strconv.AppendInt(append(line, ' '), *f, 10)
	}
	return string(line)
}

// Read parses a line and reports whether it is a well-formed report. It runs in the host.
func (r *Report) Read(line []byte) bool {
	text, found := bytes.CutPrefix(line, []byte(reportLine))
	if !found {
		return false
	}
	var read Report
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

// AnnounceFlush sets a header that tells a host, if it asks for reports, that the response is flushed.
func AnnounceFlush(header http.Header) { header.Set(flushHeader, flushValue) }

// TakeFlush removes flushHeader and reports whether the child flushed its response before it was complete.
func TakeFlush(header http.Header) bool {
	value := header.Get(flushHeader)
	header.Del(flushHeader)
	return value == flushValue
}
