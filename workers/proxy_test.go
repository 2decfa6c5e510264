package workers_test

import (
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"forktax/bench/testenv"
	"forktax/workers"
)

// A proxy passes requests on as they are. If its process ends, the request that it served fails, and another process
// serves the next ones.
func TestProxy(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	log := new(testenv.Log)
	p := &workers.Proxy{Path: self, Dir: t.TempDir(), Logger: stdlog.New(log, "", 0)}
	if err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	send := func(method, path string) (int, string) {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Forwarded", "for=192.0.2.1")
		r.Header["X-Forwarded-For"] = []string{"192.0.2.1", "192.0.2.2"}
		w := httptest.NewRecorder()
		p.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	get := func(path string) (int, string) { return send(http.MethodGet, path) }
	for query, want := range map[string]string{"a;b": "a;b", "a=%zz": "a=%zz", "": ""} {
		want += " [for=192.0.2.1] [192.0.2.1 192.0.2.2]"
		if status, body := get("/request?" + query); status != http.StatusOK || body != want {
			t.Errorf("the handler got %d %q, want %q", status, body, want)
		}
	}
	if got := p.Stats(); got.Started != 1 || got.Connections != 2 || got.PeakMemoryBytes < 1<<20 || got.Failed != 0 {
		t.Errorf("the counts are %+v, want one process with 2 connections and some megabytes", got)
	}
	// The library would send a GET to the next process, too.
	if status, body := send(http.MethodPost, "/exit"); status != http.StatusBadGateway {
		t.Errorf("POST /exit = %d %q, want 502", status, body)
	}
	for range 2 { // it waits for the next process
		if status, body := get("/pid"); status != http.StatusOK {
			t.Errorf("after its process ended, GET /pid = %d %q, want 200", status, body)
		}
	}
	if got := p.Stats(); got.Started != 2 || got.Connections != 4 || got.Failed != 1 {
		t.Errorf("the counts are %+v, want two processes with 2 connections each, and one failure", got)
	}
	if !strings.Contains(log.String(), "the worker ended with status 3") {
		t.Errorf("the log does not say how the process ended:\n%s", log)
	}
	last := p.Children()[0].PID
	_ = syscall.Kill(last, syscall.SIGKILL)
	eventually(t, "another process takes its place", func() bool { return p.Children()[0].PID != last })
	if status, body := get("/pid"); status != http.StatusOK {
		t.Errorf("after its process was killed, GET /pid = %d %q, want 200", status, body)
	}
}
