// Package testenv skips tests that need more than Go and a C compiler if a requirement is missing. The message names
// the requirement. If the environment variable FORKTAX_REQUIRE_ALL is set, such tests fail instead.
package testenv

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"forktax/bench/process"
)

// requireAll is the environment variable that makes tests fail instead of being skipped.
const requireAll = "FORKTAX_REQUIRE_ALL"

// Skip skips the test with err as the reason, or fails it.
func Skip(tb testing.TB, err error) {
	tb.Helper()
	if os.Getenv(requireAll) != "" {
		tb.Fatalf("%v, and %s is set", err, requireAll)
	}
	tb.Skip(err)
}

// Program returns the path of a program, given by name or path. If it is missing, the test is skipped with the name of
// the Debian package that contains it.
func Program(tb testing.TB, program, debian string) string {
	tb.Helper()
	path, err := process.Find(program, debian)
	if err != nil {
		Skip(tb, err)
	}
	return path
}

// Condition reports whether a program is installed, for scripts of testscript. It returns an error if the program is
// missing and tests must not be skipped.
func Condition(program string) (bool, error) {
	_, err := exec.LookPath(program)
	return Has(err)
}

// Has is like Condition, for anything that is missing if err is not nil.
func Has(err error) (bool, error) {
	if err != nil && os.Getenv(requireAll) != "" {
		return false, fmt.Errorf("%w, and %s is set", err, requireAll)
	}
	return err == nil, nil
}

// As skips the test, or fails it, if errors.As finds an error of target's type in err. Such an error means that
// something is missing.
func As(tb testing.TB, err error, target any) {
	tb.Helper()
	if errors.As(err, target) {
		Skip(tb, err)
	}
}
