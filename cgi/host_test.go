package cgi_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"forktax/bench/testenv"
	"forktax/cgi"
)

// A child without a valid response means status 502, and a child that cannot be started 500. The request counts as
// failed and is logged.
func TestChildFails(t *testing.T) {
	missing := &cgi.Host{Path: "/no/such/program", Dir: "/"}
	tests := map[string]struct {
		host    *cgi.Host
		status  int
		started int64
		logs    string
	}{
		"no such program": {missing, 500, 0, "no such file"},
		"no output":       {shell(`exit 0`), 502, 1, "the response has no header"},
		"killed": {shell(`kill -9 $$`), 502, 1,
			"the response has no header; the program was killed (signal: killed)"},
		"incomplete header": {shell(`printf 'Content-Type: text/plain\n'`), 502, 1,
			"the response header does not end with an empty line"},
		"no Content-Type":    {shell(`printf 'X-Other: 1\n\nhello'`), 502, 1, "Content-Type"},
		"non-numeric status": {shell(`printf 'Status: fine\n\nhello'`), 502, 1, "invalid response status"},
		"header of 70 kB": {shell(`printf 'X-Long: %070000d\nContent-Type: text/plain\n\nhello' 0`), 502, 1,
			"the response header exceeds the limit of 65536 bytes"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var to testenv.Log
			test.host.Logger = log.New(&to, "", 0)
			w := ask(test.host, "/path?query=1")
			if w.Code != test.status || strings.Contains(w.Body.String(), "hello") {
				t.Errorf("GET = %d %q, want %d and no output of the child", w.Code, w.Body, test.status)
			}
			if got, want := test.host.Stats(), (cgi.Stats{Started: test.started, Failed: 1}); got != want {
				t.Errorf("Stats() = %+v, want %+v", got, want)
			}
			line := to.String()
			if !strings.HasPrefix(line, "GET /path?query=1: ") || !strings.Contains(line, test.logs) {
				t.Errorf("log = %q, want a line with the request and %q", line, test.logs)
			}
		})
	}
}

func TestChildEnvironment(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HANDED_ON", "handed on")
	t.Setenv("KEPT_BACK", "kept back")
	host := shell(`printf 'Content-Type: text/plain\n\n%s|%s|%s|%s|%s' "$PWD" "$GIVEN" "$HANDED_ON" "$KEPT_BACK" "$1"`)
	host.Args = append(host.Args, "sh", "argument")
	host.Dir = dir
	host.Env = []string{"GIVEN=given"}
	host.InheritEnv = []string{"HANDED_ON"}
	w := ask(host, "/")
	if got, want := w.Body.String(), dir+"|given|handed on||argument"; w.Code != http.StatusOK || got != want {
		t.Errorf("GET / = %d %q, want 200 %q", w.Code, got, want)
	}
}

// The header of a program reaches the client unchanged. The host adds no Content-Type of its own.
func TestResponseIsPassedOn(t *testing.T) {
	check := func(head, body string, status int, types ...string) {
		t.Helper()
		server := httptest.NewServer(shell(fmt.Sprintf("printf '%s\\n\\n%s'", head, body)))
		defer server.Close()
		resp, err := http.Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if resp.StatusCode != status || string(got) != body || err != nil {
			t.Errorf("%q: %d %q, %v; want %d %q", head, resp.StatusCode, got, err, status, body)
		}
		if got := resp.Header["Content-Type"]; fmt.Sprint(got) != fmt.Sprint(types) {
			t.Errorf("%q: Content-Type %q, want %q", head, got, types)
		}
	}
	check("Content-Type: text/x-other", "<html>", 200, "text/x-other")
	check("Content-Type: text/plain\\nStatus: 404 Gone Fishing", "no", 404, "text/plain")
	check("Status: 200", "<html>", 200)
}

// When a client disconnects, its child is terminated, even if it writes forever, and its slot becomes free.
func TestClientDisconnects(t *testing.T) {
	host := shell(`printf 'Content-Type: text/plain\n\n'; exec yes`)
	host.Limits.Children, host.Limits.Queue = 1, -1
	func() {
		defer func() {
			if why := recover(); why != http.ErrAbortHandler {
				t.Errorf("ServeHTTP panicked with %v, want %v", why, http.ErrAbortHandler)
			}
		}()
		host.ServeHTTP(disconnected{httptest.NewRecorder()}, httptest.NewRequest(http.MethodGet, "/", nil))
	}()
	if s := host.Stats(); s.Running != 0 || s.Started != 1 {
		t.Errorf("Stats() = %+v, want one started and none running", s)
	}
}

type disconnected struct{ *httptest.ResponseRecorder }

func (disconnected) Write([]byte) (int, error) { return 0, errors.New("the client has disconnected") }

// The request body is the child's standard input, also if the child does not read it.
func TestBody(t *testing.T) {
	const size = 1 << 20 // more than the capacity of a pipe
	check := func(script, want string) {
		t.Helper()
		w := httptest.NewRecorder()
		host := shell("printf 'Content-Type: text/plain\\n\\n'; " + script)
		host.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat("x", size))))
		if got := strings.TrimSpace(w.Body.String()); w.Code != http.StatusOK || got != want {
			t.Errorf("%s: %d %q, want 200 %q", script, w.Code, got, want)
		}
		if s := host.Stats(); s.Failed != 0 {
			t.Errorf("%s: %d failed, want none", script, s.Failed)
		}
	}
	check("wc -c", fmt.Sprint(size))
	check("echo $CONTENT_LENGTH", fmt.Sprint(size))
	check("echo nothing", "nothing")
}

// A host serves many clients at the same time, and its counts may be read meanwhile.
func TestConcurrentUse(t *testing.T) {
	const clients, each = 8, 10
	host := shell(`printf 'Content-Type: text/plain\n\n%s' "$QUERY_STRING"; echo forktax-child: 7 2 1000 0 0 0 0 0 0 >&2`)
	host.Limits.Children, host.Reports = 3, true
	var all sync.WaitGroup
	for c := range clients {
		all.Go(func() {
			for i := range each {
				query := fmt.Sprintf("client=%d&request=%d", c, i)
				if w := ask(host, "/?"+query); w.Code != http.StatusOK || w.Body.String() != query {
					t.Errorf("GET /?%s = %d %q", query, w.Code, w.Body)
				}
				if s := host.Stats(); s.Running > 3 || s.Waiting > clients {
					t.Errorf("Stats() = %+v, want at most 3 running and %d waiting", s, clients)
				}
			}
		})
	}
	all.Wait()
	want := cgi.Stats{Started: clients * each, Connections: clients * each * 2, PeakMemoryBytes: 1000}
	if got := host.Stats(); got != want {
		t.Errorf("Stats() = %+v, want %+v", got, want)
	}
}
