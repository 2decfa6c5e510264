// Package programtest builds workload programs for tests, as package program builds them for users.
package programtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forktax/bench/subject"
	"forktax/workload/contract"
)

// Build builds this module's commands, such as forktax-hello, their WebAssembly modules, such as forktax-hello.wasm, or
// packages by their import paths, into a new directory, which it returns.
func Build(tb testing.TB, commands ...string) (dir string) {
	tb.Helper()
	dir = tb.TempDir()
	args := slices.Concat([]string{"build"}, subject.BuildFlags(), []string{"-o", dir + string(filepath.Separator)})
	for _, c := range commands {
		if program, isModule := strings.CutSuffix(c, contract.ModuleSuffix); isModule {
			args, settings := subject.ModuleBuild(filepath.Join(dir, c), "forktax/cmd/"+program)
			cmd := exec.Command("go", args...)
			cmd.Env = append(os.Environ(), settings...)
			if out, err := cmd.CombinedOutput(); err != nil {
				tb.Fatalf("building %s: %v\n%s", c, err, out)
			}
			continue
		}
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
