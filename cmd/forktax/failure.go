package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"forktax/bench/record"
)

// failureText is what is said of the error that ends the command: a line for each of the errors that it joins, but one
// for all files that could not be written for the same reason, as on a full disk.
func failureText(err error) string {
	var lines []string
	told := map[string]bool{}
	unwritten := map[string][]string{} // files, by the reason
	joined := flat(err)
	for _, e := range joined {
		if w, ok := e.(*record.WriteError); ok && !slices.Contains(unwritten[w.Err.Error()], w.Name) {
			unwritten[w.Err.Error()] = append(unwritten[w.Err.Error()], w.Name)
		}
	}
	for _, e := range joined {
		text := e.Error()
		if w, ok := e.(*record.WriteError); ok {
			text = fmt.Sprintf("writing %s: %v", files(unwritten[w.Err.Error()]), w.Err)
		}
		if !told[text] {
			told[text] = true
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n")
}

// flat lists the errors that errors.Join made one of. One that has words of its own for several stays whole.
func flat(err error) []error {
	several, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	var texts []string
	for _, e := range several.Unwrap() {
		all = append(all, flat(e)...)
		texts = append(texts, e.Error())
	}
	if err.Error() != strings.Join(texts, "\n") {
		return []error{err}
	}
	return all
}

// files lists names, those in the directory of the one before without it.
func files(names []string) string {
	var short []string
	for i, name := range names {
		if i > 0 && filepath.Dir(name) == filepath.Dir(names[i-1]) {
			name = filepath.Base(name)
		}
		short = append(short, name)
	}
	return strings.Join(short, ", ")
}

// An outlet is standard output. It keeps the first error: not all that prints looks at it, and what was not printed
// must not end with exit status 0.
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

// with adds the outlet's error to that of a command which did not notice it.
func (o *outlet) with(err error) error {
	if o.failure == nil || errors.Is(err, o.failure) {
		return err
	}
	return errors.Join(o.failure, err)
}
