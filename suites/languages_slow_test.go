//go:build slow

package suites_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"forktax/bench/process"
	"forktax/bench/servers"
	"forktax/bench/testenv"
)

// The guestbook in Python uses a database that the Go program has created, and sends the same responses: as a CGI
// program under our host, and in each way that Apache runs Python.
func TestGuestbookInPython(t *testing.T) {
	program := built(t, "guestbook")
	out, err := exec.Command(program, "prepare", "-dir", t.TempDir()).Output()
	var env map[string]string
	if err == nil {
		err = json.Unmarshal(out, &env)
	}
	if err != nil {
		t.Fatalf("preparing: %v", err)
	}
	const variable = "GUESTBOOK_DATABASE"
	ours := hosted(t, program, "", variable+"="+env[variable])
	theirs := map[string]func(method, target, form string) string{
		"our host": func(method, target, form string) string {
			return answered(hosted(t, filepath.Join(languages, "guestbook_cgi.py"), "", variable+"="+env[variable]), method,
				target, form)
		},
	}
	for web, file := range map[string]string{"apache": "guestbook_cgi.py", "mod_python-cgihandler": "guestbook_cgi.py",
		"mod_python": "guestbook_handler.py", "mod_wsgi": "guestbook_wsgi.py"} {
		theirs[web] = behind(t, web, file, program, variable)
	}
	long := strings.Repeat("x", 2000)
	for _, probe := range []struct{ method, target, form string }{
		{"GET", "/", ""},
		{"GET", "/entries/1", ""},
		{"GET", "/entries/4711", ""},
		{"GET", "/entries/10000", ""},
		{"GET", "/entries/0", ""},
		{"GET", "/entries/10001", ""},
		{"GET", "/entries/-1", ""},
		{"GET", "/entries/Ada", ""},
		{"GET", "/entries/99999999999999999999", ""},
		{"GET", "/elsewhere", ""},
		{"GET", "/sign", ""},
		{"POST", "/", "a=b"},
		{"POST", "/sign", "name=Ada&message=Hello"},
		{"POST", "/sign", "name=Ada&message=%C3%A9+%2B+%3Cb%3E"},
		{"POST", "/sign", "name=Ada&name=Grace&message=Hello"},
		{"POST", "/sign", "name=Ada&message=" + long[3:]},
		{"POST", "/sign", "name=Ada&message=" + long[2:]},
		{"POST", "/sign", "name=Ada"},
		{"POST", "/sign", "name=Ada&message="},
		{"POST", "/sign", "name=Ada&message=%ff"},
		{"POST", "/sign", "name=A%00da&message=Hello"},
		{"POST", "/sign", "%zz"},
	} {
		want := answered(ours, probe.method, probe.target, probe.form)
		for name, answer := range theirs {
			if name == "mod_python-cgihandler" && probe.form != "" { // its standard input does not work under Python 3
				continue
			}
			if got := answer(probe.method, probe.target, probe.form); got != want {
				t.Errorf("%s: %s %s %.60s: in Python\n%.600s\nin Go\n%.600s", name, probe.method, probe.target, probe.form, got,
					want)
			}
		}
	}
}

// behind starts the web server with the file and a database that the program prepares, and returns a function that
// sends requests to it. It skips the test if the server is not installed.
func behind(t *testing.T, web, file, program, variable string) func(method, target, form string) string {
	t.Helper()
	w, err := servers.StartWeb(t.Context(), web, servers.App{
		File: filepath.Join(languages, file), ExtraFiles: []string{filepath.Join(languages, "guestbook.py")},
		Prepare: func(_ context.Context, dir string) (env map[string]string, err error) {
			out, err := exec.Command(program, "prepare", "-dir", dir).Output()
			if err == nil {
				err = json.Unmarshal(out, &env)
			}
			return env, err
		},
	})
	testenv.As(t, err, new(*process.NotInstalledError))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Stop(); err != nil {
			t.Error(err)
		}
	})
	return func(method, target, form string) string {
		r, err := http.NewRequest(method, w.URL+target, strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		if form != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		r.Close = true // a server may close an idle connection when a POST arrives, and the client does not repeat a POST
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatalf("%s: %s %s %.60s: %v", web, method, target, form, err)
		}
		defer resp.Body.Close()
		return responseText(resp.StatusCode, resp.Header, resp.Body)
	}
}
