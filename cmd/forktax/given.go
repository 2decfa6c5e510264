package main

import (
	"errors"
	"forktax/bench/scenario"
	"forktax/bench/subject"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// recordFlags records which options are given on the command line.
func (o *options) recordFlags(flags *pflag.FlagSet) {
	flags.Visit(func(f *pflag.Flag) { o.give(optionOf(f.Name), scenario.Place{}) })
}

// give records that an option is given, and its place.
func (o *options) give(option string, at scenario.Place) {
	o.given[option], o.Explicit[option] = at, true
}

// optionOf returns the option that a flag sets; for --no-floor it is floor.
func optionOf(flag string) string {
	switch option := strings.TrimPrefix(flag, "no-"); option {
	case "cross-check", "floor", "reuse-levels", "phases":
		return option
	}
	return flag
}

// located adds to the error of an invalid option its place, if it is known. It returns other errors unchanged.
func (o *options) located(err error) error {
	var invalid *subject.OptionError
	if !errors.As(err, &invalid) {
		return err
	}
	p, ok := o.given[invalid.Option]
	if !ok {
		p = o.unsaid
	}
	at := p.Value
	if invalid.Element != subject.NoElement && invalid.Element < len(p.Elements) {
		at = p.Elements[invalid.Element]
	}
	if at == "" {
		return invalid
	}
	return usagef("%s: %s %s", at, invalid.Option, invalid.Problem)
}

// read reads the scenario in the file name, and sets the options that the command line does not give.
func (o *options) read(name string, c *cobra.Command) error {
	tried := pflag.NewFlagSet("scenario", pflag.ContinueOnError)
	other := defaults()
	other.flags(tried)
	flagOf := func(key string) string { return newName(c.Name(), key) }
	file, err := scenario.Read(name, tried, scenario.Names{Flag: flagOf, Option: optionOf})
	if err != nil {
		return err
	}
	for _, option := range file.Options {
		if present := flagOf(option.Key); present != option.Key {
			reportRename(c, "", option.Key, present)
		}
	}
	o.unsaid.Value, o.Variants = file.Begin, file.Variants
	if !o.Explicit["request"] {
		o.Weighted = file.Requests
	}
	for _, option := range file.Options {
		if option.Flag != "" {
			if o.Explicit[option.Name] {
				continue
			}
			if err := scenario.Set(c.Flags().Lookup(option.Flag), option.Values); err != nil {
				return err
			}
		}
		o.give(option.Name, option.Place)
	}
	return nil
}
