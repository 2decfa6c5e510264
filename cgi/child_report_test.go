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

	"forktax/cgi"
)

// A child tells its host what it used. The client sees nothing of that.
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
		t.Errorf("Stats() = %+v, want 3 started, with 2 connections each", got)
	}
	if got.PeakMemoryBytes < 1<<20 || got.PeakMemoryBytes > 1<<30 {
		t.Errorf("a child used %d bytes at most, want some megabytes", got.PeakMemoryBytes)
	}
}

func expectNoReport(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	for name := range w.Result().Header {
		if strings.HasPrefix(name, "Forktax") {
			t.Errorf("the client got the header %s: %q", name, w.Header()[name])
		}
	}
}

// Under a server that does not ask, the same program says nothing of itself.
func TestChildReportsOnlyIfAsked(t *testing.T) {
	w, complaint := underLibrary(t, "/hello")
	if w.Code != http.StatusOK || w.Body.String() != "hello" || complaint != "" {
		t.Errorf("GET /hello = %d %q, complaint %q; want 200 hello, none", w.Code, w.Body, complaint)
	}
	expectNoReport(t, w)
}

// underLibrary has net/http/cgi alone host the test binary.
func underLibrary(t *testing.T, target string, env ...string) (w *httptest.ResponseRecorder, complaint string) {
	t.Helper()
	var stderr strings.Builder
	w = ask(&library.Handler{Path: self(t), Dir: "/", Env: childEnv(env...), Stderr: &stderr}, target)
	return w, stderr.String()
}

// What a foreign program says under the same name does no harm, and does not reach the client either.
func TestForeignReport(t *testing.T) {
	check := func(says string, want cgi.Stats, logged string) {
		t.Helper()
		var text logBuffer
		host := shell(`printf 'Content-Type: text/plain\nForktax-Child: x\n\nhello'; printf '` + says + `' >&2`)
		host.Logger, host.Reports = log.New(&text, "", 0), true
		w := ask(host, "/x?y")
		if w.Code != http.StatusOK || w.Body.String() != "hello" {
			t.Errorf("%s: %d %q, want 200 hello", says, w.Code, w.Body)
		}
		expectNoReport(t, w)
		want.Started = 1
		if got := host.Stats(); got != want {
			t.Errorf("%s: Stats() = %+v, want %+v", says, got, want)
		}
		if text.String() != logged {
			t.Errorf("%s: the log has %q, want %q", says, &text, logged)
		}
	}
	check("", cgi.Stats{}, "")
	check(`forktax-child: 3 4096 0 0 0 0 0\n`, cgi.Stats{Connections: 3, PeakMemoryBytes: 4096}, "")
	check(`forktax-child: 3 4096 1 2 3 4 5`, cgi.Stats{Connections: 3, PeakMemoryBytes: 4096}, "")
	check(`forktax-child: 1 1 0 0 0 0 0\nforktax-child: 2 2 0 0 0 0 0\n`, cgi.Stats{Connections: 2, PeakMemoryBytes: 2}, "")
	for _, broken := range []string{"forktax-child: -3 -4096 0 0 0 0 0", "forktax-child: many much 0 0 0 0 0", "forktax-child:",
		"forktax-child: 1 2 3 4 5 6", "forktax-child: 1 2 3 4 5 6 7 8", "forktax-child: 99999999999999999999 0 0 0 0 0 0"} {
		check(broken, cgi.Stats{}, "GET /x?y: "+broken+"\n")
	}
}

// Who is not asked reports nothing: such a line is for the log.
func TestReportUnasked(t *testing.T) {
	const line = "forktax-child: 3 4096 0 0 0 0 0"
	var logged logBuffer
	host := shell(`printf 'Content-Type: text/plain\n\n%s' "$FORKTAX_REPORT"; echo ` + line + ` >&2`)
	host.Logger = log.New(&logged, "", 0)
	w := ask(host, "/")
	if got, want := host.Stats(), (cgi.Stats{Started: 1}); w.Body.Len() > 0 || got != want {
		t.Errorf("the child is asked for %q, Stats() = %+v, want %+v", w.Body, got, want)
	}
	if got, want := logged.String(), "GET /: "+line+"\n"; got != want {
		t.Errorf("the log has %q, want %q", got, want)
	}
}

// To read its memory costs a child something, so that few are asked to: the first, and then one in 64.
func TestMemoryIsAskedOfFew(t *testing.T) {
	host := shell(`printf 'Content-Type: text/plain\n\n%s' "$FORKTAX_REPORT"`)
	host.Reports = true
	for i := range 130 {
		want := "usage"
		if i%64 == 0 {
			want = "usage,memory"
		}
		if got := ask(host, "/").Body.String(); got != want {
			t.Errorf("child %d is asked for %q, want %q", i, got, want)
		}
	}
}

func TestPeakMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	const size = 64 << 20
	before := cgi.PeakMemory()
	block := make([]byte, size)
	for i := 0; i < len(block); i += os.Getpagesize() {
		block[i] = 1 // a page that nobody touched takes no memory
	}
	after := cgi.PeakMemory()
	runtime.KeepAlive(block)
	if before < 1<<20 || after < size || after < before || after > before+16*size {
		t.Errorf("PeakMemory() = %d, and %d with %d bytes more in use", before, after, size)
	}
}

// A child whose workload cannot be opened, or not closed, says so in its log; only the former spoils the answer.
func TestChildCannotOpenOrClose(t *testing.T) {
	check := func(variable string, status int, body, complaint string) {
		t.Helper()
		w, got := underLibrary(t, "/hello", variable+"=1")
		if w.Code != status || strings.TrimSpace(w.Body.String()) != body {
			t.Errorf("%s: %d %q, want %d %q", variable, w.Code, w.Body, status, body)
		}
		if !strings.Contains(got, complaint) {
			t.Errorf("%s: it complains %q, want %q", variable, got, complaint)
		}
	}
	check(openFails, 500, "Internal Server Error", "opening: the door is stuck")
	check(closeFails, 200, "hello", "the door does not shut")
}

// Requests that are no CGI make no child.
func TestIsChild(t *testing.T) {
	for value, want := range map[string]bool{"": false, "CGI/1.1": true} {
		t.Setenv("GATEWAY_INTERFACE", value)
		if got := cgi.IsChild(); got != want {
			t.Errorf("IsChild() = %t with GATEWAY_INTERFACE=%s, want %t", got, fmt.Sprintf("%q", value), want)
		}
	}
}
