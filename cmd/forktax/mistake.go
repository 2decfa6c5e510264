package main

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/spf13/pflag"
)

// A mistake is an option with a value that cannot be.
type mistake struct {
	option  string
	element int // that is wrong, of a list; or whole
	what    string
}

// whole is the element of a mistake that is not one of a list's elements alone. It is what package slices finds of
// what is not there.
const whole = -1

func (m mistake) Error() string { return "--" + m.option + " " + m.what }

func mistaken(option, format string, args ...any) error {
	return mistakenAt(option, whole, format, args...)
}

func mistakenAt(option string, element int, format string, args ...any) error {
	return mistake{option, element, fmt.Sprintf(format, args...)}
}

// A place is where an option was said: of the value and its elements, file:line:column in a scenario. The command line
// is the zero value: there an option is found by its name.
type place struct {
	value    string
	elements []string
}

// has says whether somebody said the option.
func (o *options) has(option string) bool {
	_, ok := o.said[option]
	return ok
}

// hear notes what the command line says.
func (o *options) hear(given *pflag.FlagSet) {
	given.Visit(func(f *pflag.Flag) { o.said[optionOf(f.Name)] = place{} })
}

// optionOf is the option to which a flag gives a value.
func optionOf(flag string) string {
	switch option := strings.TrimPrefix(flag, "no-"); option {
	case "referee", "floor", "ladder", "phases":
		return option
	}
	return flag
}

// wrong makes an error of usage of a mistake, and puts its place before it. Other errors it leaves as they are.
func (o *options) wrong(err error) error {
	var m mistake
	if !errors.As(err, &m) {
		return err
	}
	p, ok := o.said[m.option]
	if !ok {
		p = o.unsaid
	}
	at := p.value
	if m.element != whole && m.element < len(p.elements) {
		at = p.elements[m.element]
	}
	if at == "" {
		return usageError{m}
	}
	return usagef("%s: %s %s", at, m.option, m.what)
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
