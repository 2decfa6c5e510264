package main

import (
	"errors"
	"io"

	"forktax/bench/record"
)

// An outlet is standard output. It keeps the first write error, because not every caller checks errors. A command
// whose output could not be written must not end with exit status 0.
type outlet struct {
	io.Writer
	failure *record.WriteError
}

// Write implements io.Writer.
func (o *outlet) Write(p []byte) (int, error) {
	n, err := o.Writer.Write(p)
	if err == nil {
		return n, nil
	}
	if o.failure == nil {
		o.failure = record.NewWriteError("standard output", err)
	}
	return n, o.failure
}

// Unwrap returns the underlying writer.
func (o *outlet) Unwrap() io.Writer { return o.Writer }

// with adds the error of the outlet to err, the error of a command, unless err contains it.
func (o *outlet) with(err error) error {
	if o.failure == nil || errors.Is(err, o.failure) {
		return err
	}
	return errors.Join(o.failure, err)
}
