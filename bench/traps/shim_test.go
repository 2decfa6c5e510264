package traps_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"forktax/bench/subject/programtest"
	"forktax/bench/traps"
)

// The interpreter of a script is found on PATH, with or without the shim of a version manager.
func TestShim(t *testing.T) {
	for tool, test := range map[string]struct {
		make func(t *testing.T) (shims, interpreter string)
		name string
	}{
		"pyenv": {func(t *testing.T) (string, string) { return programtest.Pyenv(t, "/bin/sh") }, "python3"},
		"nvm":   {programtest.NVM, "node"},
		"rbenv": {programtest.Rbenv, "ruby"},
	} {
		t.Run(tool, func(t *testing.T) {
			shims, interpreter := test.make(t)
			t.Setenv("PATH", shims+":/usr/local/bin:/usr/bin:/bin")
			script := filepath.Join(t.TempDir(), "page.cgi")
			line := func(first string) traps.Case {
				t.Helper()
				if err := os.WriteFile(script, []byte(first+"\n"), 0o755); err != nil {
					t.Fatal(err)
				}
				return traps.Case{Model: "cgi", Path: script}
			}
			found := traps.Detect(t.Context(), line("#!/usr/bin/env "+test.name))
			if codes(found) != "shim" {
				t.Fatalf("Detect = %v, want shim", found)
			}
			for _, want := range []string{script, filepath.Join(shims, test.name), "a shim of " + tool, interpreter} {
				if !strings.Contains(found[0].Evidence, want) {
					t.Errorf("evidence %q: want %q in it", found[0].Evidence, want)
				}
			}
			if found := traps.Detect(t.Context(), line("#!"+interpreter)); found != nil {
				t.Errorf("with the interpreter itself: Detect = %v, want no trap", found)
			}
			c := line("#!/usr/bin/env " + test.name)
			t.Setenv("PATH", filepath.Dir(interpreter)+":/usr/local/bin:/usr/bin:/bin")
			if found := traps.Detect(t.Context(), c); found != nil {
				t.Errorf("with the interpreter on PATH: Detect = %v, want no trap", found)
			}
		})
	}
}

// A slow shim does not delay the run.
func TestSlowShim(t *testing.T) {
	shims, _ := programtest.Pyenv(t, "/bin/sh")
	t.Setenv("PATH", shims+":/usr/local/bin:/usr/bin:/bin")
	t.Setenv("PYENV_WHICH_DELAY", "60")
	script := filepath.Join(t.TempDir(), "page.cgi")
	if err := os.WriteFile(script, []byte("#!/usr/bin/env python3\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	found := traps.Detect(t.Context(), traps.Case{Model: "cgi", Path: script})
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("Detect took %v with a shim that takes a minute", took)
	}
	if codes(found) != "shim" || !strings.HasSuffix(found[0].Evidence, "a shim of pyenv") {
		t.Errorf("Detect = %v, want shim without an interpreter", found)
	}
}
