package record_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"

	"forktax/bench/process"
	"forktax/bench/record"
)

func TestErrorText(t *testing.T) {
	full := func(name string) error { return &record.WriteError{Name: name, Err: syscall.ENOSPC} }
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"one":      {errors.New("one"), "one"},
		"two":      {errors.Join(errors.New("one"), errors.New("two")), "one\ntwo"},
		"one file": {full("r/observations.bin"), "writing r/observations.bin: no space left on device"},
		"files of a run and others": {
			errors.Join(errors.Join(full("r/observations.bin"), errors.New("no")), errors.Join(full("r/result.json"),
				full("r/report.md"), full("out/report.md"), full("out/junit.xml"))),
			"writing r/observations.bin, result.json, report.md, out/report.md, junit.xml: no space left on device\nno"},
		"the same file twice": {errors.Join(full("a"), full("a")), "writing a: no space left on device"},
		"other reasons": {errors.Join(full("a"), &record.WriteError{Name: "b", Err: syscall.EACCES}),
			"writing a: no space left on device\nwriting b: permission denied"},
		"an error with its own text": {fmt.Errorf("%w: %w", process.ErrInterrupted, errors.Join(full("a"), full("b"))),
			"interrupted: writing a: no space left on device\nwriting b: no space left on device"},
	} {
		if got := record.ErrorText(test.err); got != test.want {
			t.Errorf("%s: ErrorText = %q, want %q", name, got, test.want)
		}
	}
}
