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

// steadyRun returns a run in which every request takes about as long, in microseconds by model. It has additional cells
// with these numbers of clients.
func steadyRun(t *testing.T, micros map[string]int, clients ...int) *analysis.Analysis {
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

func printComparison(t *testing.T, c *analysis.RunComparison, format string) string {
	t.Helper()
	print, ok := report.RunComparisons[format]
	if !ok {
		t.Fatalf("unknown format %q", format)
	}
	var text bytes.Buffer
	if err := print(&text, c); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func TestCompareRuns(t *testing.T) {
	a := steadyRun(t, map[string]int{"persistent": 1000, "cgi": 4000}, 3)
	b := steadyRun(t, map[string]int{"persistent": 2000, "cgi": 4000}, 5)
	b.Environment.Programs[0].SHA256 = "bb"
	c := analysis.CompareRuns("old", a, "new", b, false)
	if len(c.Mismatches) > 0 || !c.Absolute() {
		t.Errorf("mismatches of equal machines: %+v, want none", c.Mismatches)
	}
	if len(c.Cells) != 2 || len(c.OnlyA) != 1 || len(c.OnlyB) != 1 || c.OnlyA[0] != analysistest.Cell("cgi", 3) ||
		c.OnlyB[0] != analysistest.Cell("cgi", 5) {
		t.Errorf("%d cells in both, %v only in A, %v only in B", len(c.Cells), c.OnlyA, c.OnlyB)
	}
	// The random noise adds 1 µs to each median: 2001 over 1001, and 4001 over 4001.
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
		t.Errorf("fork taxes %+v, want that of response times halved", c.Taxes)
	}
	if len(c.Programs) != 1 || c.Programs[0].What != "hello" {
		t.Errorf("programs that differ: %+v, want hello", c.Programs)
	}
	for _, format := range []string{"text", "markdown"} {
		text := printComparison(t, c, format)
		for _, want := range []string{"A: old, run made of 2001-09-09 01:46, 5 s\n", "not interleaved",
			"tens of per cent", "+99.9%", "Only in A", "hello, cgi, 5 clients, fake", "SHA-256 bb"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not contain %q:\n%s", format, want, text)
			}
		}
		if strings.Contains(text, "\n\n\n") {
			t.Errorf("%s has two empty lines in a row:\n%s", format, text)
		}
	}
	var again analysis.RunComparison
	if err := json.Unmarshal([]byte(printComparison(t, c, "json")), &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Cells, again.Cells); diff != "" || again.Schema != record.Schema {
		t.Errorf("schema %d, cells of the JSON (-want +got):\n%s", again.Schema, diff)
	}
}

// If machines differ, only the comparisons within each run are compared, unless the caller allows absolute numbers.
func TestCompareRunsOfUnlikeMachines(t *testing.T) {
	micros := map[string]int{"persistent": 1000, "cgi": 4000}
	for what, change := range map[string]func(*analysis.Analysis){
		"CPU":     func(a *analysis.Analysis) { a.Environment.CPU = "two" },
		"cores":   func(a *analysis.Analysis) { a.Environment.Cores = 4 },
		"kernel":  func(a *analysis.Analysis) { a.Environment.Kernel = "6.2" },
		"forktax": func(a *analysis.Analysis) { a.Run.Version = "v2" },
		"database": func(a *analysis.Analysis) {
			a.Environment.Database = &record.Database{Kind: "postgres", Version: "15"}
		},
		"variant x": func(a *analysis.Analysis) {
			a.Run.Variants = []subject.Variant{{Name: "x", Model: "cgi", Padding: 1}}
		},
	} {
		a, b := steadyRun(t, micros), steadyRun(t, micros)
		a.Run.Variants = []subject.Variant{{Name: "x", Model: "cgi"}}
		b.Run.Variants = a.Run.Variants
		change(b)
		for _, allow := range []bool{false, true} {
			c := analysis.CompareRuns("old", a, "new", b, allow)
			if len(c.Mismatches) != 1 || c.Mismatches[0].What != what {
				t.Errorf("%s: mismatches %+v, want only this", what, c.Mismatches)
			}
			if (c.Cells[0].Response.Ratio != nil) != allow || len(c.Taxes) == 0 {
				t.Errorf("%s, allowed: %t: the cell %+v, %d fork taxes", what, allow, c.Cells[0], len(c.Taxes))
			}
			for _, format := range []string{"text", "markdown"} {
				text := printComparison(t, c, format)
				if got := strings.Contains(text, "Cells in both runs"); got != allow {
					t.Errorf("%s, allowed: %t: the %s has absolute numbers: %t\n%s", what, allow, format, got, text)
				}
				if !strings.Contains(text, "Fork tax in both") ||
					strings.Index(text, "Differences") > strings.Index(text, "Fork tax in") {
					t.Errorf("%s: the %s does not have the mismatches before the fork taxes:\n%s", what, format, text)
				}
			}
		}
	}
}

// Runs without a common cell are reported as such, without an error. Relevant warnings of the runs become notes.
func TestCompareRunsOfNothing(t *testing.T) {
	micros := map[string]int{"persistent": 10, "cgi": 20}
	a, b := steadyRun(t, micros), steadyRun(t, micros)
	for i := range b.Cells {
		b.Cells[i].Workload = "other"
	}
	b.Warnings = []analysis.Warning{{Code: analysis.Inconclusive, Text: "too noisy"}, {Code: "hey", Text: "heavier"}}
	c := analysis.CompareRuns("old", a, "new", b, false)
	if diff := cmp.Diff([]string{"new: inconclusive: too noisy."}, c.Notes); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
	for _, format := range []string{"text", "markdown"} {
		if text := printComparison(t, c, format); !strings.Contains(text, "No cell is in both runs.") {
			t.Errorf("%s does not report that the runs have no common cell:\n%s", format, text)
		}
	}
}
