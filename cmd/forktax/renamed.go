package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// renamed lists the former names of flags, which are accepted until 0.2.0, by command.
var renamed = map[string][]struct{ old, new string }{
	"run": {{"groups", "starts"}, {"referee", "cross-check"}, {"no-referee", "no-cross-check"}, {"ladder", "reuse-levels"},
		{"no-ladder", "no-reuse-levels"}, {"allow-different-answers", "allow-different-responses"}},
	"check": {{"baseline", "base-result"}, {"allow-different-answers", "allow-different-responses"}},
	"serve": {{"max-answer", "max-response"}},
}

// A formerName is the value of a flag's former name: it sets the flag, and reports its new name.
type formerName struct {
	pflag.Value
	set func(text string) error
}

// Set implements pflag.Value.
func (f formerName) Set(text string) error { return f.set(text) }

// acceptFormerNames adds the former names of a command's flags, which help does not show.
func acceptFormerNames(c *cobra.Command) {
	flags := c.Flags()
	for _, r := range renamed[c.Name()] {
		f := *flags.Lookup(r.new)
		f.Name, f.Hidden, f.Changed = r.old, true, false
		f.Value = formerName{f.Value, func(text string) error {
			reportRename(c, "--", r.old, r.new)
			return flags.Set(r.new, text)
		}}
		flags.AddFlag(&f)
	}
}

func reportRename(c *cobra.Command, prefix, old, new string) {
	fmt.Fprintf(c.ErrOrStderr(), "%s: %s%s is now %[2]s%[4]s; the old name will be removed in 0.2.0\n", c.CommandPath(),
		prefix, old, new)
}

// newName returns the present name of an option of the command, and whether it has changed.
func newName(command, option string) (name string, changed bool) {
	for _, r := range renamed[command] {
		if r.old == option {
			return r.new, true
		}
	}
	return option, false
}
