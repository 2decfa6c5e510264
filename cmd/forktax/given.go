package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"forktax/bench/scenario"
	"forktax/bench/subject"
	"forktax/bench/suite"
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
	return invalid.At(at)
}

// read reads the scenario in the file name, and sets the options that the command line does not give.
func (o *options) read(name string, c *cobra.Command) error {
	flags, names := scenarioFlags(c)
	file, err := scenario.Read(name, flags, names)
	if err != nil {
		return err
	}
	o.unsaid.Value, o.Variants = file.Begin, file.Variants
	if o.Lineup, err = suite.Of(file, name); err != nil {
		return err
	}
	return o.use(c, file)
}

// readSuite reads the suite of --suite, if there is one, and sets the options that are not given.
func (o *options) readSuite(c *cobra.Command) (err error) {
	if o.Suite == "" {
		return nil
	}
	if o.Explicit[scenario.BaselineFlag] || o.Lineup != nil {
		return subject.InvalidOption("suite", "%q: cannot be combined with contenders, or with a baseline: its file has both",
			o.Suite)
	}
	flags, names := scenarioFlags(c)
	var file *scenario.File
	if o.Lineup, file, err = suite.Open(o.Suite, flags, names); err != nil {
		return err
	}
	return o.use(c, file)
}

// scenarioFlags returns flags that parse the values of a scenario, and the names of its keys.
func scenarioFlags(c *cobra.Command) (*pflag.FlagSet, scenario.Names) {
	tried := pflag.NewFlagSet("scenario", pflag.ContinueOnError)
	other := defaults()
	other.flags(tried)
	return tried, scenario.Names{Flag: func(key string) string { return newName(c.Name(), key) }, Option: optionOf}
}

// use sets the options of the file, without options that are given.
func (o *options) use(c *cobra.Command, file *scenario.File) error {
	for _, option := range file.Options {
		if present := newName(c.Name(), option.Key); option.Flag != "" && present != option.Key {
			reportRename(c, "", option.Key, present)
		}
	}
	if !o.Explicit["request"] && len(file.Requests) > 0 {
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
