package run_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"forktax/bench/run"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// The error for a response that cannot be learned has the status or the difference, the number of failures, and the
// first failed request.
func TestLearnErrors(t *testing.T) {
	tests := map[string]struct {
		respond func(w http.ResponseWriter, n int64) // responds to the n-th request
		want    []string
	}{
		"a wrong status from the third request on": {func(w http.ResponseWriter, n int64) {
			if n > 2 {
				w.WriteHeader(http.StatusServiceUnavailable)
				io.WriteString(w, "too many visits\n")
			}
		}, []string{"page: GET /: the response has status 503; its body is", "too many visits",
			"\n6 of 8 requests failed: 6 wrong status; 503 6 times, from request 3 on, first line \"too many visits\""}},
		"a wrong status each time": {func(w http.ResponseWriter, _ int64) { w.WriteHeader(http.StatusForbidden) },
			[]string{"status 403", "8 of 8 requests failed: 8 wrong status; 403 8 times, from the first request on"}},
		"a different body once": {func(w http.ResponseWriter, n int64) {
			w.Header().Set("Content-Type", "text/plain")
			if n == 2 {
				io.WriteString(w, "second")
			}
		}, []string{"GET /: the response changes:\n  - body: 0 bytes",
			"1 of 8 requests failed: 1 wrong body; from request 2 on",
			"use --mask to ignore"}},
		"a different header": {func(w http.ResponseWriter, n int64) {
			w.Header().Set("X-Visits", strings.Repeat("i", int(n)))
		}, []string{"- X-Visits: i\n  + X-Visits: ii\n",
			"7 of 8 requests failed: 7 wrong header; from request 2 on; it logged: overload"}},
		"no response": {func(_ http.ResponseWriter, n int64) {
			if n > 1 {
				panic(http.ErrAbortHandler)
			}
		}, []string{"page: GET /: ", "7 of 8 requests failed: 7 closed; from request 2 on"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			respond := func(w http.ResponseWriter, _ *http.Request) { test.respond(w, asked.Add(1)) }
			fake := &fakeLauncher{handlers: map[string]http.HandlerFunc{"cgi": respond}}
			launcher := amended{fake, func(target *subject.Target) {
				logged := []string{"overload"}
				target.LogLines = func() []string {
					lines := logged
					logged = nil
					return lines
				}
			}}
			_, err := lesson().Learn(t.Context(), launcher)
			for _, want := range test.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Learn = %v, want %q in it", err, want)
				}
			}
		})
	}
}

func lesson() run.Lesson {
	return run.Lesson{Workload: subject.ScriptWorkload, Sides: []run.Side{{Model: "cgi", Title: "page"}},
		Asked: []subject.Asked{{Request: contract.Request{Name: "get", Method: "GET", Path: "/"}, Learn: true}}}
}

// If a target ends during a request, the error has the reason, even if the client only sees a closed connection.
func TestTargetEndsWhileLearning(t *testing.T) {
	launcher := &fakeLauncher{handlers: map[string]http.HandlerFunc{}}
	why := errors.New("it ended (exit status 7); last log lines:\n  no space for the cache")
	launcher.handlers["cgi"] = func(http.ResponseWriter, *http.Request) {
		launcher.gone["cgi"] <- why
		panic(http.ErrAbortHandler)
	}
	_, err := lesson().Learn(t.Context(), launcher)
	const want = "page: learning its response: it ended (exit status 7)"
	if !errors.Is(err, why) || !strings.Contains(err.Error(), want) {
		t.Errorf("Learn = %v, want %v", err, why)
	}
}
