package main

import (
	"strings"

	"github.com/spf13/pflag"

	"forktax/bench/report"
)

// formatFlag adds the flag by which one of the formats is chosen.
func formatFlag[T any](f *pflag.FlagSet, format *string, formats report.Formats[T]) {
	f.StringVar(format, "format", "text", "output format: "+strings.Join(formats.Names(), ", "))
}

// formatNamed is the one that was chosen.
func formatNamed[T any](name string, formats report.Formats[T]) (report.Format[T], error) {
	format, ok := formats[name]
	if !ok {
		return nil, usagef("--format %q is unknown; there are %v", name, formats.Names())
	}
	return format, nil
}
