//go:build slow

package servers_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forktax/bench/process"
	"forktax/bench/servers"
	"forktax/bench/testenv"
)

// echoApps has, for each kind of program, an app that echoes the request and its data.
var echoApps = map[string]servers.App{
	servers.Executable:      {File: "teller.sh"},
	servers.PythonScript:    {File: "teller.py", ExtraFiles: []string{"testdata/burner.py"}},
	servers.PythonHandler:   {File: "teller_handler.py", ExtraFiles: []string{"testdata/burner.py"}},
	servers.PythonPublisher: {File: "teller_publisher.py", ExtraFiles: []string{"testdata/burner.py"}},
	servers.PythonWSGI:      {File: "teller_wsgi.py", ExtraFiles: []string{"testdata/burner.py"}},
	servers.PHPPage:         {File: "teller.php"},
	// uWSGI serves the same application by either protocol.
	servers.FastCGIServer: {Command: uwsgi + " --fastcgi-socket 127.0.0.1:{port}"},
	servers.SCGIServer:    {Command: uwsgi + " --scgi-socket 127.0.0.1:{port}"},
}

const uwsgi = "exec uwsgi --plugins python3 --die-on-term --master --processes 2 --disable-logging " +
	"--wsgi-file teller_wsgi.py"

// copied returns a directory with the app's files that any user can read.
func copied(t *testing.T, files ...string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "forktax-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	err = os.Chmod(dir, 0o755)
	for _, file := range files {
		content, failed := os.ReadFile(filepath.Join("testdata", file))
		err = errors.Join(err, failed, os.WriteFile(filepath.Join(dir, file), content, 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// startedWeb starts a web server for the test. Without it the test is skipped, which CI does not allow.
func startedWeb(t *testing.T, kind servers.WebInfo) *servers.WebServer {
	t.Helper()
	app := echoApps[kind.Handles]
	if app.File != "" {
		app.File = filepath.Join("testdata", app.File)
	}
	if kind.Proxies() {
		testenv.Program(t, "uwsgi", "uwsgi-core uwsgi-plugin-python3")
		app.CommandDir, app.Root = copied(t, "teller_wsgi.py", "burner.py"), "/app"
	}
	if !kind.NoVariables() {
		app.Prepare = func(_ context.Context, dir string) (map[string]string, error) {
			path := filepath.Join(dir, "data")
			err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(path, []byte("data"), 0o600))
			return map[string]string{"STACK_DATA": path}, err
		}
	}
	w, err := servers.StartWeb(t.Context(), kind.Name, app)
	testenv.As(t, err, new(*process.NotInstalledError))
	if err != nil {
		t.Fatalf("StartWeb(%s) = %v", kind.Name, err)
	}
	return w
}

const plain = "text/plain; charset=utf-8"

// post posts the body to the app and returns the response body.
func post(t *testing.T, url, body string) string {
	t.Helper()
	const form = "application/x-www-form-urlencoded" // required by the publisher
	resp, err := http.Post(url, form, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusCreated || resp.Header.Get("Content-Type") != plain {
		t.Errorf("POST %s = %d %q %q, %v; want 201 %s", url, resp.StatusCode, resp.Header.Get("Content-Type"), got, err,
			plain)
	}
	return string(got)
}

// Each kind of web server serves the app, passes the request and the app's data on to it, measures its CPU time, and
// leaves nothing behind.
func TestWebs(t *testing.T) {
	for _, kind := range servers.WebInfos() {
		t.Run(kind.Name, func(t *testing.T) {
			w := startedWeb(t, kind)
			pids, dir := w.PIDs(), w.Dir()
			asked, body, want := w.URL+"/beyond?a=b", "body", "POST /beyond a=b body data"
			if kind.Name == "mini_httpd" { // it sends no response if a body arrives together with the header
				body, want = "", "POST /beyond a=b  "
			}
			switch kind.Handles {
			case servers.PythonPublisher: // it would look for a function called beyond, and parse the body as a form
				asked, body, want = w.URL+"?a=b", "", "POST  a=b  data"
			case servers.PythonScript: // it cannot read a body
				body, want = "", "POST /beyond a=b  data"
			}
			if got := post(t, asked, body); got != want {
				t.Errorf("the app got %q, want %q", got, want)
			}
			if before := w.Usage(); before != nil {
				begin := time.Now()
				post(t, w.URL+"?burn", "")
				took := time.Since(begin)
				used := w.Usage().Sub(*before)
				cpu := time.Duration(used.CPUNS())
				if cpu < 20*time.Millisecond || cpu > 2*took+100*time.Millisecond || !used.External {
					t.Errorf("a request that took %v used %v of CPU time (%+v)", took, cpu, used)
				}
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
}

func TestUnknownWeb(t *testing.T) {
	for name, err := range map[string]error{
		"StartWeb":     func() error { _, err := servers.StartWeb(t.Context(), "iis", servers.App{}); return err }(),
		"WebInfoNamed": func() error { _, err := servers.WebInfoNamed("iis"); return err }(),
	} {
		const known = "apache, lighttpd, nginx, busybox, mini_httpd, uwsgi, h2o, mod_python-cgihandler"
		if err == nil || !strings.Contains(err.Error(), known) {
			t.Errorf("%s(iis) = %v, want an error with the known names", name, err)
		}
	}
}

// The error for an app that does not work has the server's own log. The server leaves nothing behind.
func TestWebThatCannotStart(t *testing.T) {
	kind, err := servers.WebInfoNamed("mod_python")
	if err != nil {
		t.Fatal(err)
	}
	if kind.Missing != nil {
		testenv.Skip(t, kind.Missing)
	}
	file := filepath.Join(t.TempDir(), "broken.py")
	if err := os.WriteFile(file, []byte("def handler(req): raise KeyError('of mine')\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = servers.StartWeb(t.Context(), kind.Name, servers.App{File: file})
	if err == nil || !strings.Contains(err.Error(), "status 500") || !strings.Contains(err.Error(), "of mine") {
		t.Errorf("StartWeb of a broken handler = %v, want its status and its log", err)
	}
	left, _ := filepath.Glob(filepath.Join(os.TempDir(), "forktax-mod_python-*"))
	if len(left) > 0 {
		t.Errorf("%v were left behind", left)
	}
}

// Gone reports why a server died.
func TestWebThatDies(t *testing.T) {
	kind, err := servers.WebInfoNamed("lighttpd")
	if err != nil {
		t.Fatal(err)
	}
	w := startedWeb(t, kind)
	gone := w.Gone()
	p, err := os.FindProcess(w.PIDs()[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case why := <-gone:
		if why == nil || !strings.Contains(why.Error(), "killed") {
			t.Errorf("Gone yields %v, want that it was killed", why)
		}
	case <-time.After(patience):
		t.Error("Gone yields nothing")
	}
	if err := w.Stop(); err != nil {
		t.Errorf("Stop = %v", err)
	}
}
