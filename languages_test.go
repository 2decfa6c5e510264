package forktax_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"forktax/bench/program/programtest"
	"forktax/bench/stack"
	"forktax/bench/testenv"
	"forktax/cgi"
)

// languages is the folder of the programs in other languages.
const languages = "languages"

// built builds a workload program.
func built(t *testing.T, name string) string {
	t.Helper()
	return filepath.Join(programtest.Build(t, "forktax-"+name), "forktax-"+name)
}

// hosted executes the file for each request, by the interpreter if there is one.
func hosted(t *testing.T, path, interpreter string, env ...string) *cgi.Host {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	env = append(env, "PYTHONDONTWRITEBYTECODE=1") // into the checkout
	h := &cgi.Host{Path: path, Env: env, Logger: log.New(t.Output(), "", 0)}
	if interpreter != "" {
		h.Path = testenv.Program(t, interpreter, interpreter)
		h.Env = append(env, "SCRIPT_FILENAME="+path, "REDIRECT_STATUS=200") // by which php-cgi knows what to execute, and for whom
		h.Dir = filepath.Dir(path)
	}
	return h
}

// answered is what a client gets, headers aside that any server sets as it likes.
func answered(h http.Handler, method, target, form string) string {
	r := httptest.NewRequest(method, target, strings.NewReader(form))
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return said(w.Code, w.Header(), w.Body)
}

func said(status int, header http.Header, body io.Reader) string {
	text := fmt.Sprint(status)
	for _, name := range []string{"Content-Type", "Location"} {
		text += fmt.Sprintf(" %q", header[name])
	}
	content, _ := io.ReadAll(body)
	return text + "\n" + string(content)
}

// The programs in other languages answer as those in Go do.
func TestHelloInOtherLanguages(t *testing.T) {
	c := filepath.Join(t.TempDir(), "hello")
	if out, err := exec.Command("gcc", "-O2", "-Wall", "-Werror", "-o", c, filepath.Join(languages, "hello.c")).CombinedOutput(); err != nil {
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
				t.Errorf("%s answers %q, want %q", test.path, got, want)
			}
		})
	}
}

// The guestbook in Python works on the database that the one in Go has made, and answers as that does: as a CGI program
// under our host, and as all that Apache can make of Python.
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
			return answered(hosted(t, filepath.Join(languages, "guestbook_cgi.py"), "", variable+"="+env[variable]), method, target, form)
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
			if name == "mod_python-cgihandler" && probe.form != "" { // whose standard input does not work under Python 3
				continue
			}
			if got := answer(probe.method, probe.target, probe.form); got != want {
				t.Errorf("%s: %s %s %.60s: in Python\n%.600s\nin Go\n%.600s", name, probe.method, probe.target, probe.form, got, want)
			}
		}
	}
}

// behind has the web server answer by the file, with a database of the program's. Where the server is not installed, the
// test is skipped.
func behind(t *testing.T, web, file, program, variable string) func(method, target, form string) string {
	t.Helper()
	w, err := stack.StartWeb(t.Context(), web, stack.App{
		File: filepath.Join(languages, file), Beside: []string{filepath.Join(languages, "guestbook.py")},
		Prepare: func(_ context.Context, dir string) (env map[string]string, err error) {
			out, err := exec.Command(program, "prepare", "-dir", dir).Output()
			if err == nil {
				err = json.Unmarshal(out, &env)
			}
			return env, err
		},
	})
	testenv.As(t, err, new(*stack.NotInstalledError))
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
		r.Close = true // a server may close a kept connection just when a POST comes, which is not sent again
		resp, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatalf("%s: %s %s %.60s: %v", web, method, target, form, err)
		}
		defer resp.Body.Close()
		return said(resp.StatusCode, resp.Header, resp.Body)
	}
}
