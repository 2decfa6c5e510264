//go:build slow

package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/explain"
	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Explain executes a program with the variables that the host gives to it, except those of the connection.
func TestExplainEnvironment(t *testing.T) {
	t.Setenv("TZ", "Asia/Kathmandu")
	t.Setenv("LD_LIBRARY_PATH", "/opt/lib")
	t.Setenv("GOMEMLIMIT", "1GiB")
	dir := t.TempDir()
	program := filepath.Join(dir, "prints.cgi")
	const text = "#!/bin/sh\nprintf 'Content-Type: text/plain\\n\\n'; exec env\n"
	if err := os.WriteFile(program, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	s := subject.Spec{Root: "/cgi-bin/prints.cgi", Documents: dir}
	address := strings.TrimSuffix(startedHost(t, contract.Direct().Name, program, s.Root, s.Documents), s.Root)
	for _, asked := range []contract.Request{
		{Method: http.MethodGet, Path: s.Root},
		{Method: http.MethodGet, Path: s.Root + "/a%20b/c?d=e+f", Headers: map[string]string{"Authorization": "Basic YTpi"}},
		{Method: http.MethodPost, Path: s.Root + "/", Body: "a=b",
			Headers: map[string]string{"Content-Type": "text/x-odd", "X-Odd-One": "a b"}},
	} {
		r, err := http.NewRequest(asked.Method, address+asked.Path, strings.NewReader(asked.Body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range asked.Headers {
			r.Header.Set(name, value)
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		given := variablesOf(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"))
		for _, name := range []string{"SERVER_PORT", "REMOTE_PORT", "UNIQUE_ID", "PWD", "OLDPWD", "SHLVL", "_", "PATH",
			"GORACE", "HTTP_ACCEPT_ENCODING", "HTTP_USER_AGENT", "HTTP_HOST", "SERVER_NAME"} {
			delete(given, name)
		}
		explained := variablesOf(explain.Environment(s, asked, program, "/bin"))
		for _, name := range []string{"SERVER_PORT", "PATH", "HTTP_HOST", "SERVER_NAME"} {
			delete(explained, name)
		}
		if diff := cmp.Diff(given, explained); diff != "" {
			t.Errorf("%s %s: explain differs from the host (-host +explain):\n%s", asked.Method, asked.Path, diff)
		}
	}
}
