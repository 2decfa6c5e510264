package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"forktax/bench/process"
	"forktax/bench/record"
	"forktax/bench/subject"
)

func TestFailureText(t *testing.T) {
	full := func(name string) error { return &record.WriteError{Name: name, Err: syscall.ENOSPC} }
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"one":      {errors.New("one"), "one"},
		"two":      {errors.Join(errors.New("one"), errors.New("two")), "one\ntwo"},
		"one file": {full("r/observations.bin"), "writing r/observations.bin: no space left on device"},
		"files of a run, and others": {
			errors.Join(errors.Join(full("r/observations.bin"), errors.New("no")), errors.Join(full("r/result.json"),
				full("r/report.md"), full("out/report.md"), full("out/junit.xml"))),
			"writing r/observations.bin, result.json, report.md, out/report.md, junit.xml: no space left on device\nno"},
		"the same file twice": {errors.Join(full("a"), full("a")), "writing a: no space left on device"},
		"other reasons": {errors.Join(full("a"), &record.WriteError{Name: "b", Err: syscall.EACCES}),
			"writing a: no space left on device\nwriting b: permission denied"},
		"words of its own": {fmt.Errorf("%w: %w", process.ErrInterrupted, errors.Join(full("a"), full("b"))),
			"interrupted: writing a: no space left on device\nwriting b: no space left on device"},
	} {
		if got := failureText(test.err); got != test.want {
			t.Errorf("%s: failureText = %q, want %q", name, got, test.want)
		}
	}
}

// narrow is a writer that has room for so many writes.
type narrow int

func (l *narrow) Write(p []byte) (int, error) {
	if *l--; *l < 0 {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// What cannot be printed ends any command with exit status 1, whether it looks at that or not, and is told once.
func TestStandardOutputIsFull(t *testing.T) {
	for _, args := range [][]string{{"list", "--help"}, {"--version"}, {"--help"}, {"report", "../../bench/analysis/testdata/run"},
		{"report", "../../bench/analysis/testdata/run", "--format", "html"}} {
		var stderr bytes.Buffer
		status := command(t.Context(), args, strings.NewReader(""), new(narrow), &stderr)
		if want := "forktax: writing standard output: no space left on device\n"; status != exitFailed || stderr.String() != want {
			t.Errorf("%q ends with exit status %d and %q, want %d and %q", args, status, stderr.String(), exitFailed, want)
		}
	}
}

// What was measured and did not pass is told from what could not be measured.
func TestExitStatusOfAVerdict(t *testing.T) {
	for _, err := range []error{errRegression, errNotCalibrated} {
		if got := exitStatus(fmt.Errorf("%w: so it is", err)); got != 4 {
			t.Errorf("exitStatus(%v) = %d, want 4", err, got)
		}
	}
}

func TestExitStatusOfAFullDisk(t *testing.T) {
	full := &record.WriteError{Name: "a", Err: syscall.ENOSPC}
	for want, err := range map[int]error{
		exitFailed:              errors.Join(fmt.Errorf("%w: too noisy", errInconclusive), full),
		process.ExitInterrupted: errors.Join(process.ErrInterrupted, full),
		exitUsage:               &subject.UsageError{Err: full},
	} {
		if got := exitStatus(err); got != want {
			t.Errorf("exitStatus(%v) = %d, want %d", err, got, want)
		}
	}
}
