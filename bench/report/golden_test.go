package report_test

import (
	"bytes"
	"errors"
	"flag"
	"slices"
	"testing"

	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestGolden(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	for format, file := range map[string]string{"text": "report.txt", "markdown": "report.md", "json": "report.json"} {
		t.Run(format, func(t *testing.T) {
			var got bytes.Buffer
			if err := analysistest.Format(t, format)(&got, a); err != nil {
				t.Fatal(err)
			}
			golden(t, file, got.Bytes())
		})
	}
}

func TestFormats(t *testing.T) {
	names := report.Analyses.Names()
	for _, want := range []string{"json", "markdown", "text"} {
		if !slices.Contains(names, want) {
			t.Errorf("Formats() = %q, want %q too", names, want)
		}
	}
	if !slices.IsSorted(names) {
		t.Errorf("Formats() = %q, want them sorted", names)
	}
	if _, ok := report.Analyses["yaml"]; ok {
		t.Error(`Named("yaml") is there`)
	}
}

// room is a writer that accepts that number of bytes, then fails.
type room int

var errFull = errors.New("no room")

func (r *room) Write(p []byte) (int, error) {
	if int(*r) < len(p) {
		return 0, errFull
	}
	*r -= room(len(p))
	return len(p), nil
}

func TestFormatsTellThatTheyCouldNotWrite(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	for _, name := range report.Analyses.Names() {
		var whole bytes.Buffer
		if err := analysistest.Format(t, name)(&whole, a); err != nil {
			t.Fatal(err)
		}
		for _, part := range []int{0, 1, whole.Len() / 2, whole.Len() - 1} {
			r := room(part)
			if err := analysistest.Format(t, name)(&r, a); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d of %d bytes = %v, want %v", name, part, whole.Len(), err, errFull)
			}
		}
	}
}

// A run with nothing to compare is printed without empty sections.
func TestEmptySectionsAreLeftOut(t *testing.T) {
	one := analysistest.Fake{Cells: []plan.Cell{analysistest.Cell("cgi", 1)}, Block: analysistest.TenResponses}
	a := analysistest.Analyze(t, one.Record(t, 2))
	if len(a.Comparisons) > 0 {
		t.Errorf("%d comparisons of one model", len(a.Comparisons))
	}
	for _, name := range []string{"text", "markdown"} {
		got := analysistest.Print(t, name, a)
		for _, section := range []string{"Summary", "Comparisons", "Warnings"} {
			if bytes.Contains(got, []byte(section)) {
				t.Errorf("%s has the empty section %q:\n%s", name, section, got)
			}
		}
		if bytes.Contains(got, []byte("\n\n\n")) {
			t.Errorf("%s has two empty lines in a row:\n%s", name, got)
		}
	}
	both := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
	for _, name := range []string{"text", "markdown"} {
		got := analysistest.Print(t, name, analysistest.Analyze(t, both.Record(t, 2)))
		if !bytes.Contains(got, []byte("Summary")) {
			t.Errorf("%s does not explain its results:\n%s", name, got)
		}
	}
}
