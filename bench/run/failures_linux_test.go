package run_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"forktax/bench/load"
	"forktax/bench/record"
	"forktax/bench/subject"
)

// The error for a target that begins to fail has the status, the number of failures, the first failed request, the
// first line of the response, and the log lines.
func TestTargetBeginsToFail(t *testing.T) {
	var asked atomic.Int64
	launcher := &fakeLauncher{handlers: map[string]http.HandlerFunc{"cgi": func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/under-load" {
			return
		}
		if asked.Add(1) > 101 {
			w.WriteHeader(http.StatusBadGateway)
			io.WriteString(w, "\nthe process has ended\nmore\n")
		}
	}, "persistent": func(http.ResponseWriter, *http.Request) {}}}
	p := somePlan()
	p.Workloads[0].Requests[0].Path = "/under-load"
	p.Cells, p.MinRequests, p.Rounds, p.Starts = p.Cells[:2], 100, 3, 1
	r := newRunner(t, p, amended{launcher, func(target *subject.Target) {
		target.LogLines = func() []string { return []string{"broken pipe"} }
	}}, &fakeEngine{run: new(load.Epoll).Run})
	err := r.Run(t.Context())
	const want = "hello, cgi, 1 client, fake: no request got a right response: "
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Fatalf("Run = %v, want %s", err, want)
	}
	for _, want := range []string{" wrong status; 502 ", " times, from the first request on",
		`first line "the process has ended"`, "; it logged: broken pipe"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Run = %v, want %q in it", err, want)
		}
	}
	for _, b := range read(t, r.Record.Dir).Blocks {
		f := b.Failures[record.ErrWrongStatus]
		if f != nil && (f.Statuses[0] != record.StatusCount{Status: 502, Count: b.Failed()} ||
			f.FirstLine != "the process has ended") {
			t.Errorf("failures of block %+v = %+v", b, f)
		}
	}
}
