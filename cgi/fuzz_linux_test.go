package cgi_test

import (
	"bufio"
	"bytes"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"forktax/bench/testenv"
	"forktax/cgi"
	"forktax/workload/contract"
)

// survive serves a request and reports whether the response was aborted.
func survive(t *testing.T, h http.Handler, w http.ResponseWriter, r *http.Request) (broken bool) {
	t.Helper()
	defer func() {
		if why := recover(); why == http.ErrAbortHandler {
			broken = true
		} else if why != nil {
			t.Errorf("ServeHTTP panicked: %v", why)
		}
	}()
	h.ServeHTTP(w, r)
	return false
}

// FuzzAnswer runs a child that writes arbitrary bytes. The client gets a valid response or an error status, and the
// reason for an error is logged.
func FuzzAnswer(f *testing.F) {
	for _, text := range []string{"Content-Type: text/plain\n\nhello", "Status: 404\r\n\r\n", "status: 000\nX: y\n\n",
		"Location: /x\n\n", "Content-Length: 3\nContent-Type: a/b\n\nabcd", "a: b\rc: d\n\n", ": \n\n", "\n", "",
		"Content-Length: 9999999999999999999\n\n", "Transfer-Encoding: chunked\nContent-Type: a/b\n\n5\r\n"} {
		f.Add([]byte(text))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(dir, "response")
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		var logged testenv.Log
		h := &cgi.Host{Path: "/bin/cat", Args: []string{file}, Logger: log.New(&logged, "", 0),
			Limits: contract.ChildLimits{Response: 1 << 20}}
		w := httptest.NewRecorder()
		broken := survive(t, h, w, httptest.NewRequest(http.MethodGet, "/path", nil))
		resp := w.Result()
		if resp.StatusCode < 200 || resp.StatusCode > 599 {
			t.Errorf("status %d", resp.StatusCode)
		}
		failed := h.Stats().Failed == 1
		if failed != (logged.String() != "") && !strings.Contains(logged.String(), "truncated") {
			t.Errorf("failed: %t, but log = %q", failed, &logged)
		} else if broken && !failed {
			t.Errorf("the response was aborted, but does not count as failed")
		}
		for name, values := range resp.Header {
			for _, v := range append(values, name) {
				if strings.ContainsAny(v, "\r\n\x00") {
					t.Errorf("the header %q has %q", name, v)
				}
			}
		}
		for _, name := range []string{"Status", "Transfer-Encoding", "Connection", "Upgrade", "Trailer"} {
			if resp.Header.Get(name) != "" {
				t.Errorf("the header %s is passed on", name) // these are for the host
			}
		}
	})
}

var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// FuzzRequest sends arbitrary requests to a child that prints its environment, and checks the variables.
func FuzzRequest(f *testing.F) {
	for _, text := range []string{"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST //x?() HTTP/1.0\r\nProxy: a\r\nX_Y: b\r\nX-Y: () {\r\nContent-Length: 2\r\n\r\nhi",
		"GET /a%0ab?c=%20 HTTP/1.1\r\nHost: [::1]:80\r\nAuthorization: b\r\nCookie: a\r\nCookie: b\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"} {
		f.Add([]byte(text))
	}
	h := &cgi.Host{Path: "/bin/sh", Args: []string{"-c", `printf 'Content-Type: text/plain\n\n'; exec env -0`},
		Root: "/", Logger: log.New(io.Discard, "", 0), Limits: contract.ChildLimits{Body: 1 << 16}}
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
		if err != nil {
			return
		}
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		if survive(t, h, w, r) || w.Code != http.StatusOK {
			return
		}
		seen := map[string]string{}
		for _, text := range strings.Split(strings.TrimSuffix(w.Body.String(), "\x00"), "\x00") {
			if !variable.MatchString(text) {
				t.Errorf("the child has %q, which is not a variable", text)
				continue
			}
			name, value, _ := strings.Cut(text, "=")
			if strings.HasPrefix(value, "() {") {
				t.Errorf("the child has %q, which an old shell would execute", text)
			}
			seen[name] = value
		}
		for _, name := range []string{"HTTP_PROXY", "HTTP_AUTHORIZATION", "HTTP_PROXY_AUTHORIZATION", "HTTP_CONTENT_LENGTH",
			"HTTP_CONTENT_TYPE", "LD_PRELOAD"} {
			if value, is := seen[name]; is {
				t.Errorf("the child has %s=%s", name, value)
			}
		}
		if seen["REQUEST_METHOD"] != r.Method || seen["QUERY_STRING"] != r.URL.RawQuery || seen["PATH_INFO"] != r.URL.Path {
			t.Errorf("the child has REQUEST_METHOD=%s QUERY_STRING=%s PATH_INFO=%s of %q", seen["REQUEST_METHOD"],
				seen["QUERY_STRING"], seen["PATH_INFO"], text)
		}
	})
}
