package main

import (
	"errors"
	"forktax/bench/scenario"
	"forktax/bench/subject"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// recordFlags records which options the command line gives.
func (o *options) recordFlags(flags *pflag.FlagSet) {
	flags.Visit(func(f *pflag.Flag) { o.give(optionOf(f.Name), scenario.Place{}) })
}

// give records that an option was given, and where.
func (o *options) give(option string, at scenario.Place) {
	o.given[option], o.Explicit[option] = at, true
}

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
	at := p.Value
	if invalid.Element != subject.NoElement && invalid.Element < len(p.Elements) {
		at = p.Elements[invalid.Element]
	}
	if at == "" {
		return invalid
	}
	return usagef("%s: %s %s", at, invalid.Option, invalid.Problem)
}

// read takes from the scenario in the file name what the command line does not give.
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
