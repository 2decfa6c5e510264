package stack_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"forktax/bench/stack"
)

// startedWeb starts a web server for the test. Without it the test is skipped, which CI does not allow.
func startedWeb(t *testing.T, name, executable string) *stack.Web {
	t.Helper()
	w, err := stack.StartWeb(t.Context(), name, executable)
	if missing := new(stack.NotInstalledError); errors.As(err, &missing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("StartWeb(%s) = %v", name, err)
	}
	return w
}

// Each web server executes the program for each request, tells it what RFC 3875 says, and leaves nothing behind.
func TestWebs(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	const text = "#!/bin/sh\nprintf 'Status: 201\\nContent-Type: text/plain\\n\\n%s %s %s %s %s' " +
		"\"$REQUEST_METHOD\" \"$SCRIPT_NAME\" \"$PATH_INFO\" \"$QUERY_STRING\" \"$(cat)\"\n"
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range stack.Webs() {
		t.Run(name, func(t *testing.T) {
			w := startedWeb(t, name, script)
			pids, dir := w.PIDs(), w.Dir()
			resp, err := http.Post(w.URL+"/beyond?a=b", "text/plain", strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			const want = "POST /cgi-bin/script /beyond a=b body"
			if err != nil || resp.StatusCode != http.StatusCreated || string(got) != want {
				t.Errorf("POST = %d %q, %v; want 201 %q", resp.StatusCode, got, err, want)
			}
			if err := w.Stop(); err != nil {
				t.Errorf("Stop = %v", err)
			}
			for _, pid := range pids {
				if err := gone(pid, dir); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if _, err := stack.StartWeb(t.Context(), "iis", script); err == nil || !strings.Contains(err.Error(), "apache, lighttpd, nginx") {
		t.Errorf("StartWeb(iis) = %v, want an error with the names that there are", err)
	}
}
