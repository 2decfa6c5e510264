// Package testenv is for tests that need more than Go and a C compiler. Where what they need is missing they are
// skipped, with a line that names it, or fail if the environment variable FORKTAX_REQUIRE_ALL is set.
package testenv

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"forktax/bench/process"
)

// requireAll is the variable that lets no test be skipped.
const requireAll = "FORKTAX_REQUIRE_ALL"

// Skip skips the test for the reason that err is, or fails it.
func Skip(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv(requireAll) != "" {
		tb.Fatalf("%v, and %s is set", err, requireAll)
	}
	tb.Skip(err)
}

// Program returns the path of a program, which may be given as a name or as a path. Where it is missing the test is
// skipped, with the name of Debian's package that has it.
func Program(tb testing.TB, program, debian string) string {
	tb.Helper()
	path, err := process.Find(program, debian)
	if err != nil {
		Skip(tb, err)
	}
	return path
}

// Condition reports whether a program is there, for scripts of testscript. Its absence is an error where nothing may be
// missing.
func Condition(program string) (bool, error) {
	_, err := exec.LookPath(program)
	return Has(err)
}

// Has is Condition for anything whose absence is err.
func Has(err error) (bool, error) {
	if err != nil && os.Getenv(requireAll) != "" {
		return false, fmt.Errorf("%w, and %s is set", err, requireAll)
	}
	return err == nil, nil
}

// As skips the test, or fails it, if err is an error of the type of target, which says that something is missing; see
// errors.As.
func As(tb testing.TB, err error, target any) {
	tb.Helper()
	if errors.As(err, target) {
		Skip(tb, err)
	}
}
