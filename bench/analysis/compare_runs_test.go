package analysis_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/bench/subject"
)

// steady is a run in which every request takes so many microseconds, by model; cells of other clients are of no other
// run.
func steady(t *testing.T, micros map[string]int, clients ...int) *analysis.Analysis {
	t.Helper()
	cells := analysistest.Twins()
	for _, n := range clients {
		cells = append(cells, analysistest.Cell("cgi", n))
	}
	m := analysistest.Fake{Cells: cells, Block: analysistest.Noisy(micros)}
	r := m.Record(t, 8)
	r.Environment = record.Environment{CPU: "one", Cores: 2, Kernel: "6.1",
		Programs: []record.Program{{Workload: "hello", SHA256: "aa"}}}
	return analysistest.Analyze(t, r)
}

func contrasted(t *testing.T, c *analysis.RunComparison, format string) string {
	t.Helper()
	print, ok := report.RunComparisons[format]
	if !ok {
		t.Fatalf("there is no format %q", format)
	}
	var text bytes.Buffer
	if err := print(&text, c); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestCompareRuns(t *testing.T) {
	a := steady(t, map[string]int{"persistent": 1000, "cgi": 4000}, 3)
	b := steady(t, map[string]int{"persistent": 2000, "cgi": 4000}, 5)
	b.Environment.Programs[0].SHA256 = "bb"
	c := analysis.CompareRuns("old", a, "new", b, false)
	if len(c.Mismatches) > 0 || !c.Absolute() {
		t.Errorf("like machines are unlike: %+v", c.Mismatches)
	}
	if len(c.Cells) != 2 || len(c.OnlyA) != 1 || len(c.OnlyB) != 1 || c.OnlyA[0] != analysistest.Cell("cgi", 3) || c.OnlyB[0] != analysistest.Cell("cgi", 5) {
		t.Errorf("%d cells of both, %v only in A, %v only in B", len(c.Cells), c.OnlyA, c.OnlyB)
	}
	// The draws add 1 µs to each median: 2001 over 1001, and 4001 over 4001.
	within := func(v *float64, low, high float64) bool { return v != nil && low <= *v && *v <= high }
	if kept := c.Cells[0]; kept.Model != "persistent" || !within(kept.Response.Ratio, 1.99, 2.01) ||
		!within(kept.Throughput.Ratio, 0.49, 0.51) || kept.CPU.A != nil || kept.CPU.Ratio != nil {
		t.Errorf("the cell %+v, want twice the median and half the throughput", kept)
	}
	if fresh := c.Cells[1]; !within(fresh.Response.Ratio, 0.99, 1.01) {
		t.Errorf("the cell %+v, want the same median", fresh)
	}
	// The fork tax was 4 and became 2.
	i := slices.IndexFunc(c.Taxes, func(x analysis.TaxComparison) bool { return x.A.Metric == analysis.MetricResponse })
	if i < 0 || !within(&c.Taxes[i].Ratio, 0.49, 0.51) {
		t.Errorf("fork taxes %+v, want that of response times to be half", c.Taxes)
	}
	if len(c.Programs) != 1 || c.Programs[0].What != "hello" {
		t.Errorf("other programs: %+v", c.Programs)
	}
	for _, format := range []string{"text", "markdown"} {
		text := contrasted(t, c, format)
		for _, want := range []string{"A: old, run made of 2001-09-09 01:46, 5 s\n", "not interleaved", "tens of per cent", "+99.9 %",
			"Only in A", "hello/hello, cgi, 5 clients, fake", "SHA-256 bb"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", format, want, text)
			}
		}
		if strings.Contains(text, "\n\n\n") {
			t.Errorf("%s has two empty lines in a row:\n%s", format, text)
		}
	}
	var again analysis.RunComparison
	if err := json.Unmarshal([]byte(contrasted(t, c, "json")), &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Cells, again.Cells); diff != "" || again.Schema != record.Schema {
		t.Errorf("schema %d, cells of the JSON (-want +got):\n%s", again.Schema, diff)
	}
}

// Of unlike machines, what each run compares itself is held against each other, and nothing else unless it is allowed.
func TestCompareRunsOfUnlikeMachines(t *testing.T) {
	micros := map[string]int{"persistent": 1000, "cgi": 4000}
	for what, change := range map[string]func(*analysis.Analysis){
		"CPU":      func(a *analysis.Analysis) { a.Environment.CPU = "two" },
		"cores":    func(a *analysis.Analysis) { a.Environment.Cores = 4 },
		"kernel":   func(a *analysis.Analysis) { a.Environment.Kernel = "6.2" },
		"forktax":  func(a *analysis.Analysis) { a.Run.Version = "v2" },
		"database": func(a *analysis.Analysis) { a.Environment.Database = &record.Database{Kind: "postgres", Version: "15"} },
		"variant x": func(a *analysis.Analysis) {
			a.Run.Variants = []subject.Variant{{Name: "x", Model: "cgi", Padding: 1}}
		},
	} {
		a, b := steady(t, micros), steady(t, micros)
		a.Run.Variants = []subject.Variant{{Name: "x", Model: "cgi"}}
		b.Run.Variants = a.Run.Variants
		change(b)
		for _, allow := range []bool{false, true} {
			c := analysis.CompareRuns("old", a, "new", b, allow)
			if len(c.Mismatches) != 1 || c.Mismatches[0].What != what {
				t.Errorf("%s: unlike in %+v", what, c.Mismatches)
			}
			if (c.Cells[0].Response.Ratio != nil) != allow || len(c.Taxes) == 0 {
				t.Errorf("%s, allowed: %t: the cell %+v, %d fork taxes", what, allow, c.Cells[0], len(c.Taxes))
			}
			for _, format := range []string{"text", "markdown"} {
				text := contrasted(t, c, format)
				if got := strings.Contains(text, "Cells of both"); got != allow {
					t.Errorf("%s, allowed: %t: the %s has absolute numbers: %t\n%s", what, allow, format, got, text)
				}
				if !strings.Contains(text, "Fork tax of both") || strings.Index(text, "Unlike") > strings.Index(text, "Fork tax of") {
					t.Errorf("%s: the %s does not begin with how they are unlike:\n%s", what, format, text)
				}
			}
		}
	}
}

// Runs that have no cell in common are no mistake, and it is said. What a run warns of is passed on.
func TestCompareRunsOfNothing(t *testing.T) {
	a, b := steady(t, map[string]int{"persistent": 10, "cgi": 20}), steady(t, map[string]int{"persistent": 10, "cgi": 20})
	for i := range b.Cells {
		b.Cells[i].Workload = "other"
	}
	b.Warnings = []analysis.Warning{{Code: analysis.Inconclusive, Text: "too noisy"}, {Code: "hey", Text: "heavier"}}
	c := analysis.CompareRuns("old", a, "new", b, false)
	if diff := cmp.Diff([]string{"new: inconclusive: too noisy."}, c.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	for _, format := range []string{"text", "markdown"} {
		if text := contrasted(t, c, format); !strings.Contains(text, "No cell is in both runs.") {
			t.Errorf("%s does not say that nothing is compared:\n%s", format, text)
		}
	}
}
