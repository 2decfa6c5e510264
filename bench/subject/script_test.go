package subject_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"forktax/bench/process"
	"forktax/bench/subject"
)

// patience is the time after which a test fails instead of waiting for ever. No step of a test should take that long.
const patience = 20 * time.Second

// script writes a program for /bin/sh and returns its path. No other goroutine may fork meanwhile: the child would hold
// the file open for writing, and such a file cannot be executed.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

const description = `{"contract":1,"name":"fake","models":["one","two"],
	"requests":[{"name":"r","method":"GET","path":"/"}]}`

// serving returns a program that keeps the program contract, and runs the given text for serve.
func serving(t *testing.T, serve string) subject.Program {
	t.Helper()
	path := script(t, `case "$1" in
describe) echo '`+description+`' ;;
prepare) mkdir -p "$3" && echo '{}' ;;
serve)
`+serve+`
esac
`)
	p, err := subject.Describe(t.Context(), path)
	if err != nil {
		t.Fatalf("Describe = %v", err)
	}
	return p
}

// hello returns the path of the real program, built once.
func hello(t *testing.T) string {
	t.Helper()
	path, err := buildHello()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

var buildHello = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "forktax-hello")
	out, err := exec.Command("go", "build", "-o", path, "forktax/cmd/forktax-hello").CombinedOutput()
	if err != nil {
		return "", &os.PathError{Op: "building hello: " + strings.TrimSpace(string(out)), Path: buildDir, Err: err}
	}
	return path, nil
})

var buildDir string

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == process.SuperviseCommand { // like the forktax command
		if err := process.Supervise(os.Stdin, os.Stdout, os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // otherwise each supervisor under -race takes 1 s to exit
	dir, err := os.MkdirTemp("", "forktax-program-")
	if err != nil {
		panic(err)
	}
	buildDir = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// fails checks that err contains each of the texts.
func fails(t *testing.T, call string, err error, want ...string) {
	t.Helper()
	for _, text := range want {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s = %v, want an error with %q", call, err, text)
		}
	}
}

// within returns the next value of c. It fails the test if there is none within patience.
func within[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("%s did not happen within %v", what, patience)
		panic("unreachable")
	}
}
