package subject_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forktax/bench/subject"
	"forktax/bench/subject/programtest"
)

// searching puts directories in front of those in PATH.
func searching(t *testing.T, dirs ...string) {
	t.Helper()
	t.Setenv("PATH", strings.Join(append(dirs, "/usr/local/bin:/usr/bin:/bin"), ":"))
}

func TestShims(t *testing.T) {
	for tool, test := range map[string]struct {
		make func(t *testing.T) (shims, interpreter string)
		name string
	}{
		"pyenv": {func(t *testing.T) (string, string) { return programtest.Pyenv(t, "/bin/sh") }, "python3"},
		"nvm":   {func(t *testing.T) (string, string) { return programtest.NVM(t) }, "node"},
		"rbenv": {programtest.Rbenv, "ruby"},
	} {
		t.Run(tool, func(t *testing.T) {
			shims, interpreter := test.make(t)
			shim := filepath.Join(shims, test.name)
			searching(t, shims)
			check := func(text string, want bool) {
				t.Helper()
				gotTool, gotShim, gotReal, ok := subject.ShimOf(t.Context(), text)
				if ok != want || want && (gotTool != tool || gotShim != shim || gotReal != interpreter) {
					t.Errorf("ShimOf(%q) = %q, %q, %q, %t, want %q, %q, %q, %t", text, gotTool, gotShim, gotReal, ok, tool, shim,
						interpreter, want)
				}
			}
			byEnv := executable(t, "a.cgi", "#!/usr/bin/env "+test.name+"\n")
			check(byEnv, true)
			check(executable(t, "a.cgi", "#!/usr/bin/env -S A=b "+test.name+" -w\n"), true)
			direct := executable(t, "b.cgi", "#!"+shim+"\n")
			check(direct, true)
			check(shim, true)
			check(test.name+" server {port}", true)
			check("cd / && PORT={port} exec '"+test.name+"' server", true)
			check(direct+" {port}", true)

			check(executable(t, "c.cgi", "#!"+interpreter+"\n"), false)
			check(interpreter+" server {port}", false)
			check("echo "+test.name, false)
			check(executable(t, "d.cgi", "#!/bin/sh\nexec "+test.name+"\n"), false)
			searching(t)
			check(test.name+" server {port}", false)
		})
	}
}

// A file that only looks like a shim is not a shim, nor is a shim that finds no interpreter.
func TestShimsThatAreNone(t *testing.T) {
	dir := t.TempDir()
	lost := executable(t, "python3", "#!/bin/sh\nexec \""+dir+"/pyenv\" exec \"$program\" \"$@\"\n")
	for name, text := range map[string]string{
		"no file":      filepath.Join(dir, "none"),
		"a directory":  dir,
		"a binary":     "/bin/sh",
		"no manager":   lost,
		"no words":     " ; ",
		"itself":       executable(t, "itself", "#!/usr/bin/env itself\n"),
		"no nvm":       executable(t, "node", "#!/bin/sh\n# nvm.sh\nexec true\n"),
		"not a shell":  executable(t, "node", "#!/bin/cat\nload('nvm.sh')\n"),
		"not its name": executable(t, "start", "#!/bin/sh\n. nvm.sh\nexec node server.js\n"),
	} {
		if tool, shim, interpreter, ok := subject.ShimOf(t.Context(), text); ok {
			t.Errorf("ShimOf, %s = %q, %q, %q, want none", name, tool, shim, interpreter)
		}
	}
}

// A slow shim is recognised without waiting for it.
func TestSlowShim(t *testing.T) {
	const slow = 60 * time.Second
	shims, _ := programtest.Pyenv(t, "/bin/sh")
	searching(t, shims)
	t.Setenv("PYENV_WHICH_DELAY", "60")
	began := time.Now()
	tool, shim, interpreter, ok := subject.ShimOf(t.Context(), "python3 server.py")
	if took := time.Since(began); took > slow/2 {
		t.Errorf("ShimOf took %v, of a shim that takes %v", took, slow)
	}
	if want := filepath.Join(shims, "python3"); tool != "pyenv" || shim != want || interpreter != "" || !ok {
		t.Errorf("ShimOf = %q, %q, %q, %t, want pyenv, %q, no interpreter, true", tool, shim, interpreter, ok, want)
	}
	if s, ok := subject.FindShim(t.Context(), "python3 server.py", exec.LookPath); ok {
		t.Errorf("FindShim = %v, want none, since the interpreter is not known", s)
	}
}
