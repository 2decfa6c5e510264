package cgi

import (
	"bytes"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
)

// A child tells its host what only it can know: how many connections it opened, how much memory it used, and when it
// did what. It is asked for that in the environment, so that under any other server the same program says nothing of
// the kind, and tells it in the last line that it writes to its standard error: at its very end, when all is known.
// That its answer is to be passed on as it comes must be known before, and so stands in a header, which the host takes
// out again.
const (
	reportVariable = "FORKTAX_REPORT" // what is asked for: one of the constants below
	reportLine     = "forktax-child:" // connections opened, peak resident bytes, and the stamps, in order; 0 is not known
	flushHeader    = "Forktax-Child"
	flushValue     = "flushed"
)

// What a host asks for.
const (
	reportUsage  = "usage"
	reportMemory = "usage,memory"
)

// memoryEvery is how many children go by until one is asked for its peak memory again: reading it costs a child about
// 30 µs, a hundredth of its life, so only the first and then one in 64 pay it.
const memoryEvery = 64

func reportWanted(n int64) string {
	if n%memoryEvery == 1 {
		return reportMemory
	}
	return reportUsage
}

// A childReport is what a child says of itself; its stamps are readings of contract.Now.
type childReport struct {
	connections, peak int64

	mainReached int64 // main was reached
	opened      int64 // the state was made
	connected   int64 // the handler was made
	handled     int64 // the handler returned
	closed      int64 // its connections were closed
}

func (r *childReport) fields() []*int64 {
	return []*int64{&r.connections, &r.peak, &r.mainReached, &r.opened, &r.connected, &r.handled, &r.closed}
}

// write is the child's side.
func (r *childReport) write() {
	wanted := os.Getenv(reportVariable)
	if wanted == "" {
		return
	}
	if wanted == reportMemory {
		r.peak = PeakMemory()
	}
	line := []byte(reportLine)
	for _, f := range r.fields() {
		line = strconv.AppendInt(append(line, ' '), *f, 10)
	}
	os.Stderr.Write(append(line, '\n'))
}

// read is the host's side. It reports whether the line is a report; a broken one is not.
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

// count takes in what a child used.
func (c *counters) count(r childReport) {
	c.connections.Add(r.connections)
	raise(&c.peak, r.peak)
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

// takeFlush is the host's side of the header: whether the child flushed its answer before that was complete.
func takeFlush(header http.Header) bool {
	read := header.Get(flushHeader)
	header.Del(flushHeader)
	return read == flushValue
}
