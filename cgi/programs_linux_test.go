package cgi_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"forktax/bench/testenv"
	"forktax/cgi"
)

// These tests run third-party programs from Debian packages.

// git runs the git client.
func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0", "GIT_AUTHOR_NAME=a",
		"GIT_AUTHOR_EMAIL=a@example.org", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.org", "GIT_TRACE_CURL=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return string(out) + stderr.String()
}

// git-http-backend serves a clone, a push of more than 1 MB in a chunked body, and a fetch with a compressed body.
func TestGit(t *testing.T) {
	execPath, err := exec.Command(testenv.Program(t, "git", "git"), "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	backend := testenv.Program(t, filepath.Join(strings.TrimSpace(string(execPath)), "git-http-backend"), "git")
	dir := t.TempDir()
	git(t, dir, "init", "-q", "--bare", "-b", "main", "all/project.git")
	git(t, filepath.Join(dir, "all/project.git"), "config", "http.receivepack", "true")
	addr, logged := served(t, &cgi.Host{Path: backend, Root: "/git", Streams: true,
		Env: []string{"GIT_PROJECT_ROOT=" + filepath.Join(dir, "all"), "GIT_HTTP_EXPORT_ALL=1", "HOME=" + dir}})
	project := "http://" + addr + "/git/project.git"

	git(t, dir, "clone", "-q", project, "one")
	one := filepath.Join(dir, "one")
	large := make([]byte, 3<<20)
	rand.Read(large)
	write(t, filepath.Join(one, "large"), string(large), 0o644)
	git(t, one, "add", "large")
	git(t, one, "commit", "-q", "-m", "a large file")
	trace := git(t, one, "-c", "http.postBuffer=65536", "push", "origin", "HEAD:main")
	if !strings.Contains(trace, "Transfer-Encoding: chunked") {
		t.Errorf("the push had no chunked body:\n%s", trace)
	}

	git(t, dir, "clone", "-q", project, "two")
	two := filepath.Join(dir, "two")
	for i := range 40 { // enough that git compresses the body of the fetch
		git(t, one, "commit", "-q", "--allow-empty", "-m", fmt.Sprint("number ", i))
		git(t, one, "branch", fmt.Sprint("branch-", i))
	}
	git(t, one, "push", "-q", "--all", "origin")
	trace = git(t, two, "fetch", "origin")
	if !strings.Contains(strings.ToLower(trace), "content-encoding: gzip") {
		t.Errorf("the fetch had no compressed body:\n%s", trace)
	}
	if got, want := git(t, two, "rev-parse", "origin/branch-39")[:40], git(t, one, "rev-parse", "HEAD")[:40]; got != want {
		t.Errorf("fetched %s, want %s", got, want)
	}
	if got, err := os.ReadFile(filepath.Join(two, "large")); err != nil || !bytes.Equal(got, large) {
		t.Errorf("the large file has %d bytes (%v) or a different content", len(got), err)
	}
	if text := logged.String(); text != "" {
		t.Errorf("log = %q, want none", text)
	}
}

// page sends a request and returns the body of the response.
func page(t *testing.T, method, url, form string) string {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s, %v\n%s", method, url, resp.Status, err, text)
	}
	return string(text)
}

// Gitweb is a Perl script that uses CGI.pm.
func TestPerl(t *testing.T) {
	script := testenv.Program(t, "/usr/share/gitweb/gitweb.cgi", "gitweb")
	perl := testenv.Program(t, "perl", "perl")
	if out, err := exec.Command(perl, "-MCGI", "-e", "1").CombinedOutput(); err != nil {
		testenv.Skip(t, fmt.Errorf("perl has no module CGI (Debian: apt-get install libcgi-pm-perl): %s", out))
	}
	dir := t.TempDir()
	git(t, dir, "init", "-q", "-b", "main", "all/project")
	git(t, filepath.Join(dir, "all/project"), "commit", "-q", "--allow-empty", "-m", "ein erster Schritt")
	config := filepath.Join(dir, "config")
	write(t, config, "$projectroot = '"+filepath.Join(dir, "all")+"';\n", 0o644)
	addr, _ := served(t, &cgi.Host{Path: script, Root: "/web", Env: []string{"GITWEB_CONFIG=" + config, "HOME=" + dir}})
	if got := page(t, http.MethodGet, "http://"+addr+"/web", ""); !strings.Contains(got, "project/.git") {
		t.Errorf("the page lacks the project:\n%s", got)
	}
	got := page(t, http.MethodGet, "http://"+addr+"/web/project/.git/shortlog", "")
	if !strings.Contains(got, "ein erster Schritt") {
		t.Errorf("the page lacks the commit:\n%s", got)
	}
}

// Python's module cgi is also a script that shows its request.
func TestPython(t *testing.T) {
	scripts, _ := filepath.Glob("/usr/lib/python3.*/cgi.py") // removed in Python 3.13
	if len(scripts) == 0 {
		testenv.Skip(t, errors.New("/usr/lib/python3.*/cgi.py does not exist (Debian 12: apt-get install python3)"))
	}
	python := testenv.Program(t, "/usr/bin/python3", "python3") // Debian lacks the interpreter in the script's first line
	addr, _ := served(t, &cgi.Host{Path: python, Args: []string{"-W", "ignore", scripts[0]}, Root: "/test"})
	got := page(t, http.MethodPost, "http://"+addr+"/test/beyond?c=3", url.Values{"a": {"one & two"}}.Encode())
	for _, want := range []string{"one &amp; two", "<DT> PATH_INFO <DD> /beyond", "<DT> SCRIPT_NAME <DD> /test"} {
		if !strings.Contains(got, want) {
			t.Errorf("the page lacks %q:\n%s", want, got)
		}
	}
}

// php-cgi skips the first line of a script that begins with #!.
func TestPHP(t *testing.T) {
	php := testenv.Program(t, "php-cgi", "php-cgi")
	script := filepath.Join(t.TempDir(), "page.php")
	write(t, script, "#!"+php+"\n<?php header('X-From: php'); setcookie('a', '1'); "+
		"echo $_SERVER['PATH_INFO'], '|', $_GET['q'], '|', $_POST['a'], '|', "+
		"strlen(file_get_contents('php://input'));", 0o755)
	addr, _ := served(t, &cgi.Host{Path: script, Root: "/page.php", Env: []string{"REDIRECT_STATUS=200"}})
	if got := page(t, http.MethodPost, "http://"+addr+"/page.php/beyond?q=x+y", "a=b"); got != "/beyond|x y|b|3" {
		t.Errorf("the page is %q", got)
	}
}
