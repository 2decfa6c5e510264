package report

import (
	"encoding/json"
	"io"
	"maps"
	"slices"
)

// A Format prints an analysis. Every format prints the same one.
type Format func(w io.Writer, a *Analysis) error

var formats = map[string]Format{
	"hdr":      HDR,
	"json":     JSON,
	"markdown": Markdown,
	"text":     Text,
}

// Formats lists the names of the formats.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// Named returns the format of that name.
func Named(name string) (Format, bool) {
	f, ok := formats[name]
	return f, ok
}

// JSON prints all of the analysis.
func JSON(w io.Writer, a *Analysis) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(a)
}
