package report_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The run in testdata is a real one: forktax run --workload hello --rounds 8 --groups 4 --block 20ms --clients 1 --seed 42.
func theRun(t *testing.T) *record.Result {
	t.Helper()
	r, err := record.Read(filepath.Join("testdata", "run"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGolden(t *testing.T) {
	a := analyze(t, theRun(t))
	for format, file := range map[string]string{"text": "report.txt", "markdown": "report.md", "json": "report.json"} {
		t.Run(format, func(t *testing.T) {
			golden := filepath.Join("testdata", file)
			var got bytes.Buffer
			if err := named(t, format)(&got, a); err != nil {
				t.Fatal(err)
			}
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("%s (-want +got); if it is meant, run the test with -update:\n%s", golden, diff)
			}
		})
	}
}

func named(t *testing.T, name string) report.Format[*report.Analysis] {
	t.Helper()
	f, ok := report.Analyses[name]
	if !ok {
		t.Fatalf("there is no format %q", name)
	}
	return f
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

// room is a writer that has room for so many bytes.
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
	a := analyze(t, theRun(t))
	for _, name := range report.Analyses.Names() {
		var whole bytes.Buffer
		if err := named(t, name)(&whole, a); err != nil {
			t.Fatal(err)
		}
		for _, part := range []int{0, 1, whole.Len() / 2, whole.Len() - 1} {
			r := room(part)
			if err := named(t, name)(&r, a); !errors.Is(err, errFull) {
				t.Errorf("%s with room for %d of %d bytes = %v, want %v", name, part, whole.Len(), err, errFull)
			}
		}
	}
}

// A run of which nothing is left to be compared is printed without the sections that would be empty.
func TestEmptySectionsAreLeftOut(t *testing.T) {
	one := made{cells: []plan.Cell{cell("cgi", 1)}, block: the10s}
	a := analyze(t, one.record(t, 2))
	if len(a.Comparisons) > 0 {
		t.Errorf("%d comparisons of one model", len(a.Comparisons))
	}
	for _, name := range []string{"text", "markdown"} {
		got := print(t, name, a)
		for _, section := range []string{"What it means", "Comparisons", "To be careful of"} {
			if bytes.Contains(got, []byte(section)) {
				t.Errorf("%s has the empty section %q:\n%s", name, section, got)
			}
		}
		if bytes.Contains(got, []byte("\n\n\n")) {
			t.Errorf("%s has two empty lines in a row:\n%s", name, got)
		}
	}
	both := made{cells: twins(), block: the10s}
	for _, name := range []string{"text", "markdown"} {
		got := print(t, name, analyze(t, both.record(t, 2)))
		if !bytes.Contains(got, []byte("What it means")) {
			t.Errorf("%s does not say what it means:\n%s", name, got)
		}
	}
}

func print(t *testing.T, format string, a *report.Analysis) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := named(t, format)(&b, a); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return b.Bytes()
}
