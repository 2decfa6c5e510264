package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"forktax/bench/help"
	"forktax/bench/scenario"
)

// flagError returns a usage error for an invalid flag, with the expected form or the flag that was probably meant.
func flagError(c *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		err = fmt.Errorf("--%s %q: %s", f.Name, invalid.GetValue(), scenario.Needed(f, invalid.Unwrap()))
	case errors.As(err, &unknown):
		if near := help.Nearest(unknown.GetSpecifiedName(), visibleFlags(c)); near != "" &&
			unknown.GetSpecifiedShortnames() == "" {
			return usagef("%w; did you mean --%s?", err, near)
		}
	}
	return usagef("%w; see %s --help", err, c.CommandPath())
}

func visibleFlags(c *cobra.Command) (names []string) {
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}
