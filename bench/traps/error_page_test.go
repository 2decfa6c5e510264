package traps_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"forktax/bench/testenv"
	"forktax/bench/traps"
	"forktax/workload/contract"
)

// served returns a case with a server that sends the response.
func served(t *testing.T, status int, header http.Header, body string) traps.Case {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	t.Cleanup(s.Close)
	return traps.Case{Model: "cgi", URL: s.URL, Requests: get}
}

// errorPages maps error pages in testdata, sent with status 200, to the first line of the error.
var errorPages = map[string]string{
	"cgitb":                        `A problem occurred in a Python script`,
	"django":                       `KeyError at /page`,
	"express":                      `Error: no database`,
	"go":                           `panic: no database`,
	"go-text":                      `404 page not found`,
	"mapserver-without-its-file":   `msCGILoadMap(): Web application error. CGI variable \"map\" is not set.`,
	"nginx":                        `404 Not Found`,
	"node":                         `TypeError: Cannot read properties of undefined (reading 'x')`,
	"perl":                         `Software error`,
	"php":                          `Fatal error: Uncaught Error: Call to undefined`,
	"php-as-text":                  `PHP Fatal error: Uncaught Error: no in /srv/a.php:3`,
	"php-below-a-part-of-the-page": `Parse error: syntax error, unexpected end of file`,
	"plain-text":                   `503 Service Unavailable`,
	"python":                       `Traceback (most recent call last):`,
	"tomcat":                       `HTTP Status 500`,
	"werkzeug":                     `ZeroDivisionError: division by zero`,
}

// page returns a body from testdata.
func page(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", dir, name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestErrorPage(t *testing.T) {
	for name, line := range errorPages {
		t.Run(name, func(t *testing.T) {
			body := page(t, "errors", name)
			found := traps.Detect(t.Context(), served(t, 200, nil, body))
			if codes(found) != "error-page" || !strings.Contains(found[0].Evidence, line) {
				t.Errorf("Detect = %v, want error-page with %q", found, line)
			}
			if found := traps.Detect(t.Context(), served(t, 404, nil, body)); found != nil {
				t.Errorf("with status 404: Detect = %v, want no trap", found)
			}
		})
	}
}

// Pages in testdata that only mention errors are not error pages.
func TestNoErrorPage(t *testing.T) {
	files, err := os.ReadDir("testdata/pages")
	if err != nil || len(files) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".txt")
		if found := traps.Detect(t.Context(), served(t, 200, nil, page(t, "pages", name))); found != nil {
			t.Errorf("%s: Detect = %v, want no trap", name, found)
		}
	}
}

// The output of real programs that fail is detected.
func TestErrorPageOfPrograms(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, command := range map[string]func() []string{
		"python3": func() []string { return []string{write("a.py", "import no_such_module\n")} },
		"node":    func() []string { return []string{"-e", "console.error(new TypeError('no').stack)"} },
		"php": func() []string {
			return []string{"-d", "display_errors=1", "-d", "log_errors=0", write("a.php", "<?php no_such_function();")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			program := testenv.Program(t, name, map[string]string{"node": "nodejs", "php": "php-cli"}[name])
			out, _ := exec.Command(program, command()...).CombinedOutput()
			if found := traps.Detect(t.Context(), served(t, 200, nil, string(out))); codes(found) != "error-page" {
				t.Errorf("Detect = %v, want error-page for:\n%s", found, out)
			}
		})
	}
}

// The responses to all requests are examined.
func TestErrorPageOfTheSecondRequest(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wrong" {
			fmt.Fprint(w, "404 page not found\n")
		}
	}))
	defer s.Close()
	wrong := get[0]
	wrong.Path = "/wrong"
	c := traps.Case{URL: s.URL, Requests: []contract.Request{get[0], wrong}}
	if found := traps.Detect(t.Context(), c); codes(found) != "error-page" {
		t.Errorf("Detect = %v, want error-page", found)
	}
}
