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

	"forktax/bench/analysis"
	"forktax/bench/record"
)

// A Format prints something in one form.
type Format[T any] func(w io.Writer, v T) error

// Formats are those in which something can be printed, by name. All print the same.
type Formats[T any] map[string]Format[T]

// Names lists them.
func (f Formats[T]) Names() []string { return slices.Sorted(maps.Keys(f)) }

// Analyses are the formats of what a run says.
var Analyses = Formats[*analysis.Analysis]{
	"bench":         Bench,
	"bencher":       Bencher,
	"csv":           CSV,
	"gha-benchmark": GHABenchmark,
	"github":        Annotations,
	"hdr":           HDR,
	"html":          HTML,
	"json":          JSON,
	"junit":         JUnit,
	"markdown":      Markdown,
	"text":          Text,
}

// files are what WriteAll writes, by format.
var files = map[string]string{
	"bench":         "bench.txt",
	"bencher":       "bencher.json",
	"csv":           "cells.csv",
	"gha-benchmark": "gha-benchmark.json",
	"github":        "annotations.txt",
	"hdr":           "response.hlog",
	"html":          "report.html",
	"json":          "result.json",
	"junit":         "junit.xml",
	"markdown":      "report.md",
	"text":          "report.txt",
}

// errNoBlocks is why a format cannot print an analysis that was read from its JSON.
var errNoBlocks = errors.New("the blocks of the run are needed, and a result.json has none: give the folder of the run")

// File is what the format of that name is written into by WriteAll; "" if there is none.
func File(name string) string { return files[name] }

// WriteAll writes the analysis in all formats into the folder dir, which it makes. Each file is written whole or not at
// all, and one that cannot be keeps no other from being written.
func WriteAll(dir string, a *analysis.Analysis) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder for all formats: %w", err)
	}
	var failures []error
	for _, name := range Analyses.Names() {
		err := Write(filepath.Join(dir, File(name)), Analyses[name], a)
		var unwritten *record.WriteError
		if err != nil && !errors.As(err, &unwritten) { // which names the file
			err = fmt.Errorf("writing the format %s: %w", name, err)
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// Write writes the analysis into the file name, whole or not at all.
func Write(name string, print Format[*analysis.Analysis], a *analysis.Analysis) error {
	var text bytes.Buffer
	if err := print(&text, a); err != nil {
		return err
	}
	return record.WriteFile(name, text.Bytes())
}

// JSON prints all of the analysis.
func JSON(w io.Writer, a *analysis.Analysis) error { return indented(w, a) }

func indented[T any](w io.Writer, v T) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
