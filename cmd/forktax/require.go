package main

import "github.com/spf13/pflag"

// requireAll is the name of the flag that makes it an error if something must be left out.
const requireAll = "require-all"

func requireAllFlag(f *pflag.FlagSet, all *bool) {
	f.BoolVar(all, requireAll, false,
		"fail if a required program is not installed, instead of leaving out what needs it")
}
