package main

import (
	"errors"
	"fmt"
	"forktax/bench/subject"
	"math"
	"strings"

	"github.com/spf13/pflag"
)

// A place is where an option was said: of the value and its elements, file:line:column in a scenario. The command line
// is the zero value: there an option is found by its name.
type place struct {
	value    string
	elements []string
}

// recordFlags records which options the command line gives.
func (o *options) recordFlags(flags *pflag.FlagSet) {
	flags.Visit(func(f *pflag.Flag) { o.give(optionOf(f.Name), place{}) })
}

// give records that an option was given, and where.
func (o *options) give(option string, at place) { o.given[option], o.Explicit[option] = at, true }

// optionOf is the option to which a flag gives a value.
func optionOf(flag string) string {
	switch option := strings.TrimPrefix(flag, "no-"); option {
	case "cross-check", "floor", "reuse-levels", "phases":
		return option
	}
	return flag
}

// located puts the place of an invalid option before the error. Other errors it leaves as they are.
func (o *options) located(err error) error {
	var invalid *subject.OptionError
	if !errors.As(err, &invalid) {
		return err
	}
	p, ok := o.given[invalid.Option]
	if !ok {
		p = o.unsaid
	}
	at := p.value
	if invalid.Element != subject.NoElement && invalid.Element < len(p.elements) {
		at = p.elements[invalid.Element]
	}
	if at == "" {
		return invalid
	}
	return usagef("%s: %s %s", at, invalid.Option, invalid.Problem)
}

// unread says what would be right in place of a value that a flag cannot read.
func unread(f *pflag.Flag, err error) string {
	switch f.Value.Type() {
	case "bool", "boolfunc":
		return "true or false is needed"
	case "duration":
		return "a length of time with its unit is needed, such as 30s or 250ms"
	case "int":
		return "a whole number of at most 18 digits is needed"
	case "intSlice":
		return "whole numbers are needed, such as 1 or 8"
	case "uint64":
		return fmt.Sprintf("a whole number from 0 to %d is needed", uint64(math.MaxUint64))
	case "float64Slice":
		return "numbers are needed, such as 50 or 0.5"
	}
	return err.Error()
}
