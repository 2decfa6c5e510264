package help

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"forktax/bench/scenario"
	"forktax/bench/subject"
)

// FlagError returns a usage error for an invalid flag, with the expected form or the flag that was probably meant.
func FlagError(c *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		err = fmt.Errorf("--%s %q: %s", f.Name, invalid.GetValue(), scenario.Needed(f, invalid.Unwrap()))
	case errors.As(err, &unknown):
		shorthands, _, _ := strings.Cut(unknown.GetSpecifiedShortnames(), "=")
		if len(shorthands) > 1 && c.Flags().Lookup(shorthands) != nil { // with one dash, as in Go's own commands
			return subject.Unusable("unknown flag: -%s; did you mean --%[1]s?", shorthands)
		}
		if near := Nearest(unknown.GetSpecifiedName(), visibleFlags(c)); near != "" && shorthands == "" {
			return subject.Unusable("%w; did you mean --%s?", err, near)
		}
	}
	return subject.Unusable("%w; see %s --help", err, c.CommandPath())
}

func visibleFlags(c *cobra.Command) (names []string) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}
