package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"forktax/bench/scenario"
)

// renamed lists the former names of flags, which are accepted until 0.2.0, by command.
var renamed = map[string][]struct{ old, new string }{
	"run": {{"groups", "starts"}, {"referee", "cross-check"}, {"no-referee", "no-cross-check"}, {"ladder", "reuse-levels"},
		{"no-ladder", "no-reuse-levels"}, {"allow-different-answers", "allow-different-responses"}},
	"check": {{"baseline", "base-result"}, {"allow-different-answers", "allow-different-responses"}},
	"serve": {{"max-answer", "max-response"}},
}

// A formerName is the value of the former name of a flag. It keeps the texts until all flags are parsed, because the
// present name may follow, and both together are refused.
type formerName struct {
	pflag.Value
	texts []string
}

// Set implements pflag.Value.
func (f *formerName) Set(text string) error {
	f.texts = append(f.texts, text)
	return nil
}

// acceptFormerNames adds the former names of the flags of a command. Help does not show them.
func acceptFormerNames(c *cobra.Command) {
	flags := c.Flags()
	for _, r := range renamed[c.Name()] {
		f := *flags.Lookup(r.new)
		f.Name, f.Hidden, f.Changed = r.old, true, false
		f.Value = &formerName{Value: f.Value}
		flags.AddFlag(&f)
	}
	c.PreRunE = func(c *cobra.Command, _ []string) error { return setByFormerNames(c) }
}

// setByFormerNames sets the flags that were given by their former names.
func setByFormerNames(c *cobra.Command) error {
	var given []string
	c.Flags().Visit(func(f *pflag.Flag) { given = append(given, f.Name) })
	if err := givenTwice(c.Name(), given); err != nil {
		return err
	}
	for _, name := range given {
		former, ok := c.Flags().Lookup(name).Value.(*formerName)
		if !ok {
			continue
		}
		present := newName(c.Name(), name)
		reportRename(c, "--", name, present)
		for _, text := range former.texts {
			if err := c.Flags().Set(present, text); err != nil {
				return c.FlagErrorFunc()(c, err)
			}
		}
	}
	return nil
}

// givenTwice returns an error if two of the flags give a value to the same option.
func givenTwice(command string, flags []string) error {
	first := map[string]scenario.Name{}
	for _, flag := range flags {
		present := newName(command, flag)
		name := scenario.Name{Written: "--" + flag, Present: "--" + present}
		option := optionOf(present)
		if other, ok := first[option]; ok {
			return usagef("%s", scenario.Conflict(other, name))
		}
		first[option] = name
	}
	return nil
}

func reportRename(c *cobra.Command, prefix, old, new string) {
	fmt.Fprintf(c.ErrOrStderr(), "%s: %s%s is now %[2]s%[4]s; the old name will be removed in 0.2.0\n", c.CommandPath(),
		prefix, old, new)
}

// newName returns the present name of an option of the command.
func newName(command, option string) string {
	for _, r := range renamed[command] {
		if r.old == option {
			return r.new
		}
	}
	return option
}
