package cgi_test

import (
	"fmt"
	"log"
	"net/http"
	library "net/http/cgi"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"

	"forktax/bench/testenv"
	"forktax/cgi"
	"forktax/cgi/child"
)

// A child reports its resource use to the host. The client does not see the report.
func TestChildReports(t *testing.T) {
	host := &cgi.Host{Path: self(t), Dir: "/", Env: childEnv(), Reports: true}
	for range 3 {
		w := ask(host, "/hello")
		if w.Code != http.StatusOK || w.Body.String() != "hello" {
			t.Fatalf("GET /hello = %d %q, want 200 hello", w.Code, w.Body)
		}
		expectNoReport(t, w)
	}
	got := host.Stats()
	if got.Started != 3 || got.Connections != 3*2 || got.Failed != 0 {
		t.Errorf("Stats() = %+v, want 3 started with 2 connections each", got)
	}
	if got.PeakMemoryBytes < 1<<20 || got.PeakMemoryBytes > 1<<30 {
		t.Errorf("PeakMemoryBytes = %d, want some megabytes", got.PeakMemoryBytes)
	}
}

func expectNoReport(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	for name := range w.Result().Header {
		if strings.HasPrefix(name, "Forktax") {
			t.Errorf("response header has %s: %q, want none", name, w.Header()[name])
		}
	}
}

// Under a server that does not ask for a report, the same program writes none.
func TestChildReportsOnlyIfAsked(t *testing.T) {
	w, stderr := underLibrary(t, "/hello")
	if w.Code != http.StatusOK || w.Body.String() != "hello" || stderr != "" {
		t.Errorf("GET /hello = %d %q, standard error %q; want 200 hello, none", w.Code, w.Body, stderr)
	}
	expectNoReport(t, w)
}

// underLibrary runs the test binary under net/http/cgi alone.
func underLibrary(t *testing.T, target string, env ...string) (w *httptest.ResponseRecorder, text string) {
	t.Helper()
	var stderr strings.Builder
	w = ask(&library.Handler{Path: self(t), Dir: "/", Env: childEnv(env...), Stderr: &stderr}, target)
	return w, stderr.String()
}

// Reports of other programs are parsed the same, and do not reach the client. Malformed ones are logged.
func TestForeignReport(t *testing.T) {
	check := func(report string, want cgi.Stats, logged string) {
		t.Helper()
		var text testenv.Log
		host := shell(`printf 'Content-Type: text/plain\nForktax-Child: x\n\nhello'; printf '` + report + `' >&2`)
		host.Logger, host.Reports = log.New(&text, "", 0), true
		w := ask(host, "/x?y")
		if w.Code != http.StatusOK || w.Body.String() != "hello" {
			t.Errorf("%s: %d %q, want 200 hello", report, w.Code, w.Body)
		}
		expectNoReport(t, w)
		want.Started = 1
		if got := host.Stats(); got != want {
			t.Errorf("%s: Stats() = %+v, want %+v", report, got, want)
		}
		if text.String() != logged {
			t.Errorf("%s: log = %q, want %q", report, &text, logged)
		}
	}
	check("", cgi.Stats{}, "")
	check(`forktax-child: 7 3 4096 0 0 0 0 0 0\n`, cgi.Stats{Connections: 3, PeakMemoryBytes: 4096}, "")
	check(`forktax-child: 7 3 4096 1 2 3 4 5 6`, cgi.Stats{Connections: 3, PeakMemoryBytes: 4096}, "")
	check(`forktax-child: 7 1 1 0 0 0 0 0 0\nforktax-child: 7 2 2 0 0 0 0 0 0\n`,
		cgi.Stats{Connections: 2, PeakMemoryBytes: 2}, "")
	for _, broken := range []string{"forktax-child: 7 -3 -4096 0 0 0 0 0 0", "forktax-child: 7 many much 0 0 0 0 0 0",
		"forktax-child:", "forktax-child: 1 2 3 4 5 6 7 8", "forktax-child: 1 2 3 4 5 6 7 8 9 10",
		"forktax-child: 7 99999999999999999999 0 0 0 0 0 0 0"} {
		check(broken, cgi.Stats{}, "GET /x?y: "+broken+"\n")
	}
}

// Without Host.Reports, children are not asked for a report, and a line in its form is logged.
func TestReportUnasked(t *testing.T) {
	const line = "forktax-child: 7 3 4096 0 0 0 0 0 0"
	var logged testenv.Log
	host := shell(`printf 'Content-Type: text/plain\n\n%s' "$FORKTAX_REPORT"; echo ` + line + ` >&2`)
	host.Logger = log.New(&logged, "", 0)
	w := ask(host, "/")
	if got, want := host.Stats(), (cgi.Stats{Started: 1}); w.Body.Len() > 0 || got != want {
		t.Errorf("FORKTAX_REPORT=%s, Stats() = %+v, want none and %+v", w.Body, got, want)
	}
	if got, want := logged.String(), "GET /: "+line+"\n"; got != want {
		t.Errorf("log = %q, want %q", got, want)
	}
}

// Only the first child and then one in 64 are asked for their peak memory, because reading it takes time.
func TestMemoryReportStride(t *testing.T) {
	host := shell(`printf 'Content-Type: text/plain\n\n%s' "$FORKTAX_REPORT"`)
	host.Reports = true
	for i := range 130 {
		want := "usage"
		if i%64 == 0 {
			want = "usage,memory"
		}
		if got := ask(host, "/").Body.String(); got != want {
			t.Errorf("child %d: FORKTAX_REPORT=%s, want %s", i, got, want)
		}
	}
}

func TestPeakMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("PeakMemory needs Linux")
	}
	const size = 64 << 20
	before := child.PeakMemory()
	block := make([]byte, size)
	for i := 0; i < len(block); i += os.Getpagesize() {
		block[i] = 1 // pages take memory when they are written
	}
	after := child.PeakMemory()
	runtime.KeepAlive(block)
	if before < 1<<20 || after < size || after < before || after > before+16*size {
		t.Errorf("PeakMemory() = %d, then %d with %d more bytes in use", before, after, size)
	}
}

// A child whose Open or close function fails reports that on standard error. Only the former makes the response fail.
func TestChildCannotOpenOrClose(t *testing.T) {
	check := func(variable string, status int, body, message string) {
		t.Helper()
		w, got := underLibrary(t, "/hello", variable+"=1")
		if w.Code != status || strings.TrimSpace(w.Body.String()) != body {
			t.Errorf("%s: %d %q, want %d %q", variable, w.Code, w.Body, status, body)
		}
		if !strings.Contains(got, message) {
			t.Errorf("%s: standard error = %q, want %q", variable, got, message)
		}
	}
	check(openFails, 500, "Internal Server Error", "opening: the door is stuck")
	check(closeFails, 200, "hello", "the door does not shut")
}

// Only a process with GATEWAY_INTERFACE is a child.
func TestIsChild(t *testing.T) {
	for value, want := range map[string]bool{"": false, "CGI/1.1": true} {
		t.Setenv("GATEWAY_INTERFACE", value)
		if got := child.IsChild(); got != want {
			t.Errorf("IsChild() = %t with GATEWAY_INTERFACE=%s, want %t", got, fmt.Sprintf("%q", value), want)
		}
	}
}
