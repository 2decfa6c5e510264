package traps_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"forktax/bench/traps"
)

// goServer is a program that serves an empty page on the port given as its argument.
const goServer = `package main

import (
	"net/http"
	"os"
)

func main() {
	http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
}
`

// build builds goServer with flags of the go command.
func build(t *testing.T, flags ...string) (path string) {
	t.Helper()
	dir := t.TempDir()
	source, path := filepath.Join(dir, "main.go"), filepath.Join(dir, "server")
	if err := os.WriteFile(source, []byte(goServer), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", append(append([]string{"build", "-o", path}, flags...), source)...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd, err, out)
	}
	return path
}

func TestDebugBuild(t *testing.T) {
	for name, test := range map[string]struct {
		flags []string
		want  string
	}{
		"not optimised":        {[]string{"-gcflags=-N -l"}, ` was built with -gcflags="-N -l"`},
		"default":              {nil, ""},
		"with other flags":     {[]string{"-gcflags=-l", "-ldflags=-s -w", "-trimpath"}, ""},
		"without optimisation": {[]string{"-gcflags=-N", "-ldflags=-s -w", "-trimpath"}, ` was built with -gcflags="-N"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := build(t, test.flags...)
			check := func(what string, c traps.Case) {
				t.Helper()
				found := traps.Detect(t.Context(), c)
				switch {
				case test.want == "" && found != nil:
					t.Errorf("%s: Detect = %v, want no trap", what, found)
				case test.want != "" && (codes(found) != "debug-build" || found[0].Evidence != path+test.want):
					t.Errorf("%s: Detect = %v, want debug-build: %s%s", what, found, path, test.want)
				}
			}
			check("executable", traps.Case{Model: "cgi", Path: path})
			check("server", start(t, nil, path, "{port}"))
			check("started by a shell", start(t, nil, "/bin/sh", "-c", path+" {port}; exit $?"))
		})
	}
}

// A script and a missing file are not debug builds.
func TestNoDebugBuild(t *testing.T) {
	for _, path := range []string{"testdata/resident.py", "/nowhere"} {
		if found := traps.Detect(t.Context(), traps.Case{Path: path}); strings.Contains(codes(found), "debug-build") {
			t.Errorf("%s: Detect = %v, want no debug build", path, found)
		}
	}
}
