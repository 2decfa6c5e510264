package main

import (
	"strings"

	"github.com/spf13/pflag"

	"forktax/bench/report"
)

// formatFlag adds the flag that selects one of the formats.
func formatFlag[T any](f *pflag.FlagSet, format *string, formats report.Formats[T]) {
	f.StringVar(format, "format", "text", "output format: "+strings.Join(formats.Names(), ", "))
}

// formatNamed returns the format with this name.
func formatNamed[T any](name string, formats report.Formats[T]) (report.Format[T], error) {
	format, ok := formats[name]
	if !ok {
		return nil, usagef("--format %q is unknown: use one of %s", name, strings.Join(formats.Names(), ", "))
	}
	return format, nil
}
