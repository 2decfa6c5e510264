// Package programtest builds workload programs for tests, as package program builds them for users.
package programtest

import (
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"forktax/bench/subject"
)

// Build builds this module's commands, such as forktax-hello, or packages by their import paths, into a new directory,
// which it returns.
func Build(tb testing.TB, commands ...string) (dir string) {
	tb.Helper()
	dir = tb.TempDir()
	args := slices.Concat([]string{"build"}, subject.BuildFlags(), []string{"-o", dir + string(filepath.Separator)})
	for _, c := range commands {
		if filepath.Base(c) == c {
			c = "forktax/cmd/" + c
		}
		args = append(args, c)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		tb.Fatalf("building %v: %v\n%s", commands, err, out)
	}
	return dir
}
