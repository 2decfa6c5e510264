package explain_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"forktax/bench/explain"
)

// Options are inserted after the interpreter, wherever it is in the command line.
func TestExpanded(t *testing.T) {
	check := func(c explain.Command, want, given []string) {
		t.Helper()
		words, got, ok := c.Expanded("-S")
		if !slices.Equal(words, want) || !slices.Equal(got, given) || ok != (want != nil) {
			t.Errorf("Expanded(-S) of %s %q = %q, %q, %t, want %q, %q", c.Path, c.Args, words, got, ok, want, given)
		}
	}
	of := func(line string) string { return script(t, line+"\nprint('hello')\n") }
	path := of("#!/usr/bin/python3")
	check(command(path, "x"), []string{"/usr/bin/python3", path, "x"}, []string{"/usr/bin/python3", "-S", path, "x"})
	path = of("#!/usr/bin/python3 -u")
	check(command(path), []string{"/usr/bin/python3", "-u", path}, []string{"/usr/bin/python3", "-S", "-u", path})
	path = of("#!/usr/bin/env python3")
	check(command(path), []string{"/usr/bin/env", "python3", path}, []string{"/usr/bin/env", "python3", "-S", path})
	path = of("#!/usr/bin/env -S A=b python3 -u")
	check(command(path), []string{"/usr/bin/env", "A=b", "python3", "-u", path},
		[]string{"/usr/bin/env", "A=b", "python3", "-S", "-u", path})
	check(command("/usr/bin/python3.11", "-u", "a.py"), []string{"/usr/bin/python3.11", "-u", "a.py"},
		[]string{"/usr/bin/python3.11", "-S", "-u", "a.py"})
	path = of("print: no interpreter")
	check(command(path), nil, nil)
	check(command(filepath.Join(t.TempDir(), "none")), nil, nil)
	if self, err := os.Executable(); err == nil {
		check(command(self), nil, nil)
	}
}
