//go:build slow

package forktax_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// One command changes the path of the module, as CONTRIBUTING.md describes.
func TestModulePath(t *testing.T) {
	dir := copied(t)
	bin := t.TempDir()
	run := func(command ...string) string {
		t.Helper()
		return output(t, dir, []string{"GOBIN=" + bin}, command...)
	}
	run("packaging/module", "example.org/team/forktax")
	typecheck(t, dir)
	run("go", "install", "example.org/team/forktax/cmd/...")
	// The installed command finds its programs, and the harness builds them from the changed checkout.
	if out := run("sh", "-c", "cd / && "+filepath.Join(bin, "forktax")+" list"); !strings.Contains(out, "guestbook/read") {
		t.Errorf("forktax list prints\n%s", out)
	}
	if out := run("go", "run", "./cmd/forktax", "list"); !strings.Contains(out, "guestbook/read") {
		t.Errorf("go run ./cmd/forktax list prints\n%s", out)
	}
	run("go", "test", "-run", "^Test(Sides|Harness|Shared|Public)", ".")
}

// A program in a module of its own has all models, as docs/subject.md describes.
func TestProgramOfAnotherModule(t *testing.T) {
	document, err := os.ReadFile("docs/subject.md")
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(document), "```go\n")
	program, _, _ = strings.Cut(program, "```")
	command := regexp.MustCompile("`(go mod edit [^`]*)`").FindStringSubmatch(string(document))
	here, err := os.Getwd()
	if err != nil || command == nil {
		t.Fatal(err, command)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"main.go": program, "app.go": `package main

import (
	"context"
	"io"
	"net/http"
)

type app struct{ http.HandlerFunc }

func (app) Close() error { return nil }

func NewApp(context.Context) (app, error) {
	return app{func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "mine") }}, nil
}
`, "go.mod": "module mine\n\ngo 1.26\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	named := strings.Replace(command[1], "PATH", "'"+here+"'", 1)
	for _, line := range []string{named, "go mod tidy", "go build -o mine ."} {
		output(t, dir, []string{"GOFLAGS=-mod=mod"}, "sh", "-c", line)
	}
	if out := output(t, dir, nil, "./mine", "describe"); !strings.Contains(out, `"name": "mine"`) {
		t.Errorf("./mine describe prints %s", out)
	}
}

// copied copies the files of the repository, except for results, to a new directory.
func copied(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	tracked, err := exec.Command("git", "ls-files", "-z").Output()
	if err != nil {
		t.Fatalf("git ls-files: %v", err)
	}
	for name := range strings.SplitSeq(strings.TrimRight(string(tracked), "\x00"), "\x00") {
		if strings.HasPrefix(name, "results/") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// typecheck checks the types of all packages and tests in a copy.
func typecheck(t *testing.T, dir string) {
	t.Helper()
	output(t, dir, []string{"CGO_ENABLED=0"}, "go", "run", ".ci/typecheck.go", "./...")
}

// output runs a command in the directory and returns its output. The test fails if the command fails.
func output(t *testing.T, dir string, env []string, command ...string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	if os.Getenv("GOFLAGS") == "" { // without the path of the copy in them, the packages of all copies are compiled once
		cmd.Env = append(cmd.Env, "GOFLAGS=-trimpath")
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, out)
	}
	return string(out)
}
