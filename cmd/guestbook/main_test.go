package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"forktax/bench"
	"forktax/cgi"
	"forktax/twin"
)

// The test binary is the guestbook too: the model cgi executes the file that it runs in.
func TestMain(m *testing.M) {
	if cgi.IsChild() {
		twin.Main(workload)
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // else each child under -race would take a second to exit
	os.Exit(m.Run())
}

// prepared makes one database for all tests: what they are given are copies.
var prepared = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "guestbook")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	env, err := prepare(context.Background(), dir)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(env[databaseVariable])
})

// freshDatabase gives the test a database of its own, and returns its path.
func freshDatabase(t *testing.T) string {
	t.Helper()
	bytes, err := prepared()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "guestbook.sqlite")
	if err := os.WriteFile(path, bytes, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(databaseVariable, path)
	return path
}

// connected opens the guestbook as a program does before its first request.
func connected(t *testing.T) (http.Handler, func() error, error) {
	connect, err := open(t.Context())
	if err != nil {
		return nil, nil, err
	}
	return connect(t.Context())
}

// opened returns the handler over the test's database.
func opened(t *testing.T) http.Handler {
	t.Helper()
	handler, shut, err := connected(t)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := shut(); err != nil {
			t.Error(err)
		}
	})
	return handler
}

func ask(h http.Handler, method, target, form string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func sum(of []byte) string {
	s := sha256.Sum256(of)
	return hex.EncodeToString(s[:])
}

// Both twins, as programs over HTTP, answer what the description promises, and open connections as their models say.
func TestTwinsAnswerAsDescribed(t *testing.T) {
	freshDatabase(t)
	for model, want := range map[string]int64{"cgi": int64(len(workload.Requests)), "persistent": 0} {
		t.Run(model, func(t *testing.T) {
			url, admin := serve(t, model)
			before := usage(t, admin)
			for _, r := range workload.Requests {
				expect(t, url, r)
			}
			if got := usage(t, admin).ConnectionsOpened - before.ConnectionsOpened; got != want {
				t.Errorf("%d requests opened %d connections, want %d", len(workload.Requests), got, want)
			}
		})
	}
}

// serve has the guestbook serve until the test ends.
func serve(t *testing.T, model string) (url, admin string) {
	t.Helper()
	w := workload
	w.Env = append([]string{"GORACE"}, w.Env...)
	ctx, end := context.WithCancel(t.Context())
	output, stdout := io.Pipe()
	var log bytes.Buffer // read only when Run has returned
	ended := make(chan int, 1)
	go func() {
		ended <- twin.Run(ctx, w, []string{"serve", "-model", model}, nil, stdout, &log)
		stdout.Close()
	}()
	t.Cleanup(func() {
		end()
		if code := <-ended; code != 0 {
			t.Errorf("serve ended with status %d, want 0:\n%s", code, &log)
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if _, scanned := fmt.Sscanf(line, "ready %s %s\n", &url, &admin); scanned != nil {
		t.Fatalf("serve printed %q (%v), want ready <url> <admin url>", line, err)
	}
	return url, admin
}

func usage(t *testing.T, admin string) (u bench.Usage) {
	t.Helper()
	resp, err := http.Get(admin + "/usage")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&u); err != nil {
		t.Fatal(err)
	}
	return u
}

// expect sends a request that the guestbook describes, and compares the answer.
func expect(t *testing.T, url string, r twin.Request) {
	t.Helper()
	req, err := http.NewRequest(r.Method, url+r.Path, strings.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range r.Headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // which follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != r.Want.StatusCode() {
		t.Errorf("%s: %s, %v; want %d", r.Name, resp.Status, err, r.Want.StatusCode())
	}
	for name, want := range r.Want.Headers {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", r.Name, name, got, want)
		}
	}
	if r.Want.Body != "" && string(body) != r.Want.Body {
		t.Errorf("%s: body %q, want %q", r.Name, body, r.Want.Body)
	}
	if got := sum(body); r.Want.BodySHA256 != "" && got != r.Want.BodySHA256 {
		t.Errorf("%s: body of SHA-256 %s, want %s", r.Name, got, r.Want.BodySHA256)
	}
}
