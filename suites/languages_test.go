package suites_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"forktax/bench/subject/programtest"
	"forktax/bench/testenv"
	"forktax/cgi"
)

// languages is the directory of the programs in other languages.
const languages = "programs"

// built builds a workload program and returns its path.
func built(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(programtest.Build(t, "forktax-"+name), "forktax-"+name)
}

// hosted returns a host that executes the file for each request, with the interpreter unless that is "".
func hosted(t *testing.T, path, interpreter string, env ...string) *cgi.Host {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, "PYTHONDONTWRITEBYTECODE=1") // no files in the checkout
	h := &cgi.Host{Path: path, Env: env, Logger: log.New(t.Output(), "", 0)}
	if interpreter != "" {
		h.Path = testenv.Program(t, interpreter, interpreter)
		// php-cgi executes SCRIPT_FILENAME, and requires REDIRECT_STATUS.
		h.Env = append(env, "SCRIPT_FILENAME="+path, "REDIRECT_STATUS=200")
		h.Dir = filepath.Dir(path)
	}
	return h
}

// answered returns the response as text, without headers that may differ between servers.
func answered(h http.Handler, method, target, form string) string {
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return responseText(w.Code, w.Header(), w.Body)
}

func responseText(status int, header http.Header, body io.Reader) string {
	text := fmt.Sprint(status)
	for _, name := range []string{"Content-Type", "Location"} {
		text += fmt.Sprintf(" %q", header[name])
	}
	content, _ := io.ReadAll(body)
	return text + "\n" + string(content)
}

// The programs in other languages send the same responses as the programs in Go.
func TestHelloInOtherLanguages(t *testing.T) {
	c := filepath.Join(t.TempDir(), "hello")
	if out, err := exec.Command("gcc", "-O2", "-Wall", "-Werror", "-o", c,
		filepath.Join(languages, "hello.c")).CombinedOutput(); err != nil {
		t.Fatalf("compiling: %v\n%s", err, out)
	}
	want := answered(hosted(t, built(t, "hello"), ""), "GET", "/", "")
	for name, test := range map[string]struct{ path, needs, interpreter string }{
		"C":      {c, "gcc", ""},
		"shell":  {filepath.Join(languages, "hello.sh"), "sh", ""},
		"Perl":   {filepath.Join(languages, "hello.pl"), "perl", ""},
		"Python": {filepath.Join(languages, "hello.py"), "python3", ""},
		"PHP":    {filepath.Join(languages, "hello.php"), "php-cgi", "php-cgi"},
	} {
		t.Run(name, func(t *testing.T) {
			testenv.Program(t, test.needs, test.needs)
			if got := answered(hosted(t, test.path, test.interpreter), "GET", "/", ""); got != want {
				t.Errorf("response of %s = %q, want %q", test.path, got, want)
			}
		})
	}
}
