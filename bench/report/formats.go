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
	"strings"
	"unicode"
	"unicode/utf16"

	"forktax/bench/analysis"
	"forktax/bench/record"
)

// A Format prints a value in one output format.
type Format[T any] func(w io.Writer, v T) error

// Formats are the output formats of a value, by name.
type Formats[T any] map[string]Format[T]

// Names returns the sorted names of the formats.
func (f Formats[T]) Names() []string { return slices.Sorted(maps.Keys(f)) }

// Analyses are the formats of an analysis of a run.
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

// files are the names of the files that WriteAll writes, by format.
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

// errNoBlocks is returned by formats that cannot print an analysis read from its JSON.
var errNoBlocks = errors.New("this format needs the blocks of the run, which result.json does not have: use the " +
	"run directory")

// File returns the name of the file that WriteAll writes for the named format; "" if there is no such format.
func File(name string) string { return files[name] }

// WriteAll writes the analysis in all formats into the directory dir, which it creates. Each file is written whole or
// not at all. An error in one file does not prevent the others from being written.
func WriteAll(dir string, a *analysis.Analysis) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("creating the directory for all formats: %w", err)
	}
	var failures []error
	for _, name := range Analyses.Names() {
		err := Write(filepath.Join(dir, File(name)), Analyses[name], a)
		var unwritten *record.WriteError
		if err != nil && !errors.As(err, &unwritten) { // a WriteError names the file
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

// JSON prints the whole analysis.
func JSON(w io.Writer, a *analysis.Analysis) error { return indented(w, a) }

// indented prints JSON with all invisible characters escaped: the encoder does not escape DEL, C1 controls and
// bidirectional controls.
func indented[T any](w io.Writer, v T) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, escapedJSON(text.String()))
	return err
}

// escapedJSON escapes invisible characters outside of ASCII. In JSON they occur only within strings.
func escapedJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < 0x7f, unicode.IsPrint(r), unicode.Is(unicode.Zs, r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
