package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"forktax/bench"
)

// A Format prints an analysis. Every format prints the same one.
type Format func(w io.Writer, a *Analysis) error

// formats by name, and the files that they are written into where all of them are.
var formats = map[string]struct {
	print Format
	file  string
}{
	"bench":         {Bench, "bench.txt"},
	"bencher":       {Bencher, "bencher.json"},
	"csv":           {CSV, "cells.csv"},
	"gha-benchmark": {GHABenchmark, "gha-benchmark.json"},
	"github":        {Annotations, "annotations.txt"},
	"hdr":           {HDR, "response.hlog"},
	"json":          {JSON, "result.json"},
	"junit":         {JUnit, "junit.xml"},
	"markdown":      {Markdown, "report.md"},
	"text":          {Text, "report.txt"},
}

// errNoBlocks is why a format cannot print an analysis that was read from its JSON.
var errNoBlocks = errors.New("the blocks of the run are needed, and a result.json has none: give the folder of the run")

// Formats lists the names of the formats.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// Named returns the format of that name.
func Named(name string) (Format, bool) {
	f, ok := formats[name]
	return f.print, ok
}

// File is what the format of that name is written into by WriteAll; "" if there is none.
func File(name string) string { return formats[name].file }

// WriteAll writes the analysis in all formats into the folder dir, which it makes. Each file is written whole or not at
// all, and one that cannot be keeps no other from being written.
func WriteAll(dir string, a *Analysis) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder for all formats: %w", err)
	}
	var failures []error
	for _, name := range Formats() {
		if err := Write(filepath.Join(dir, File(name)), formats[name].print, a); err != nil {
			failures = append(failures, fmt.Errorf("writing the format %s: %w", name, err))
		}
	}
	return errors.Join(failures...)
}

// Write writes the analysis into the file name, whole or not at all.
func Write(name string, print Format, a *Analysis) error {
	var text bytes.Buffer
	if err := print(&text, a); err != nil {
		return err
	}
	return bench.WriteFile(name, text.Bytes())
}

// JSON prints all of the analysis.
func JSON(w io.Writer, a *Analysis) error { return indented(w, a) }

func indented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
