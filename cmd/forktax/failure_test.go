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

// A narrow is a writer that accepts this number of writes, and then fails with ENOSPC.
type narrow int

func (l *narrow) Write(p []byte) (int, error) {
	if *l--; *l < 0 {
		return 0, syscall.ENOSPC
	}
	return len(p), nil
}

// If standard output cannot be written, any command ends with exit status 1 and one message, even if it ignores the
// error.
func TestStandardOutputIsFull(t *testing.T) {
	for _, args := range [][]string{{"list", "--help"}, {"--version"}, {"--help"},
		{"report", "../../bench/analysis/testdata/run"},
		{"report", "../../bench/analysis/testdata/run", "--format", "html"}} {
		var stderr bytes.Buffer
		status := command(t.Context(), args, strings.NewReader(""), new(narrow), &stderr)
		if want := "forktax: writing standard output: no space left on device\n"; status != exitFailed ||
			stderr.String() != want {
			t.Errorf("%q ends with exit status %d and %q, want %d and %q", args, status, stderr.String(), exitFailed, want)
		}
	}
}

// A measurement that did not pass has another exit status than a measurement that failed.
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
