package main

import "github.com/spf13/pflag"

// requireAll is the flag that lets nothing be left out.
const requireAll = "require-all"

func requireAllFlag(f *pflag.FlagSet, all *bool) {
	f.BoolVar(all, requireAll, false,
		"fail if a program that is needed is not installed; by default what needs it is left out")
}
