package report_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/workload/contract"
)

// uneven returns a run of 20 rounds in which each response of the n-th block takes n µs, or 10n µs for cgi. The run has
// a cross-check, whose cells are not in the formats of other tools.
func uneven(t *testing.T) *analysis.Analysis {
	t.Helper()
	cells := analysistest.Twins()
	cells[1].Model = "cgi, \"quoted\""
	referee := cells[0]
	referee.Engine = "referee"
	m := analysistest.Fake{Cells: append(cells, referee), Block: func(c plan.Cell, round int) []record.Observation {
		ns := time.Duration(round+1) * time.Microsecond
		if c.Model != plan.Baseline {
			ns *= 10
		}
		return []record.Observation{analysistest.Response(ns), analysistest.Response(ns)}
	}}
	r := m.Record(t, 20)
	r.Plan.CrossCheck = "referee"
	r.Environment.CPU = "one"
	return analysistest.Analyze(t, r)
}

// The values are 1 to 20 µs, each twice. The median is the 20th of 40 values, 10 µs, and the p90 is the 36th, 18 µs.
// Nine in ten of the 20 blocks are in ranks 1 to 19.
func TestBencher(t *testing.T) {
	var got map[string]map[string]map[string]float64
	if err := json.Unmarshal(analysistest.Print(t, "bencher", uneven(t)), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 {
		t.Errorf("%d benchmarks, want 2: %v", len(got), got)
	}
	kept := got["workload=hello/request=hello/model=persistent/clients=1"]
	for measure, want := range map[string]map[string]float64{
		"latency":     {"value": 10000, "lower_value": 1000, "upper_value": 19000},
		"latency-p90": {"value": 18000, "lower_value": 1000, "upper_value": 19000},
	} {
		if diff := cmp.Diff(want, kept[measure]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", measure, diff)
		}
	}
	if v := kept["throughput"]; !(v["lower_value"] < v["value"] && v["value"] < v["upper_value"]) {
		t.Errorf("throughput %v", v)
	}
	if _, ok := kept["cpu-per-request"]; ok {
		t.Error("the report has the CPU time per request, though the servers did not report it")
	}
}

func TestGHABenchmark(t *testing.T) {
	var got []map[string]any
	if err := json.Unmarshal(analysistest.Print(t, "gha-benchmark", uneven(t)), &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 4 {
		t.Fatalf("%d entries, want the median and the p90 of two cells: %v", len(got), got)
	}
	want := map[string]any{"name": "hello, persistent, 1 client, fake: median response time", "unit": "ns",
		"value": 10000.0, "range": "1.00 µs to 19.0 µs", "extra": "run made, 40 valid requests of 40 in 20 blocks, one"}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("the first entry (-want +got):\n%s", diff)
	}
	for _, e := range got {
		if strings.Contains(e["name"].(string), "throughput") {
			t.Errorf("%v is there, of which more is better", e)
		}
	}
}

// disturbed returns a run that dropped connections in its first rounds; invalid is their number. All blocks have a
// failed request.
func disturbed(t *testing.T, invalid int) *analysis.Analysis {
	t.Helper()
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: func(c plan.Cell, round int) []record.Observation {
		return append(analysistest.TenResponses(c, round), analysistest.Failed(record.ErrClosed))
	}}
	r := m.Record(t, 8)
	r.Environment.CPU = "one"
	for i := range r.Blocks {
		r.Blocks[i].Usage = &contract.Usage{SelfCPUNS: 12345}
		if r.Blocks[i].Round < invalid {
			r.Blocks[i].Machine.SYNRetransmits = 1
		}
	}
	return analysistest.Analyze(t, r)
}

// The value of a benchmark is from the valid requests only: 10 of 11 in 5 of 8 blocks.
func TestGHABenchmarkCountsValidRequests(t *testing.T) {
	var got []struct{ Extra string }
	if err := json.Unmarshal(analysistest.Print(t, "gha-benchmark", disturbed(t, 3)), &got); err != nil {
		t.Fatal(err)
	}
	const want = "run made, 50 valid requests of 88 in 8 blocks, 8 of them invalid, one"
	for _, e := range got {
		if e.Extra != want {
			t.Errorf("extra %q, want %q", e.Extra, want)
		}
	}
	if len(got) == 0 {
		t.Error("no benchmarks")
	}
}

// If all blocks are invalid, no format has values of them: neither percentiles nor throughput nor costs.
func TestInvalidBlocksAreNotShown(t *testing.T) {
	a := disturbed(t, 8)
	for format, want := range map[string]string{"bencher": "{}", "gha-benchmark": "[]"} {
		if got := strings.TrimSpace(string(analysistest.Print(t, format, a))); got != want {
			t.Errorf("%s is %s, want %s", format, got, want)
		}
	}
	if got := string(analysistest.Print(t, "bench", a)); strings.Contains(got, "Benchmark") {
		t.Errorf("bench has lines of invalid blocks:\n%s", got)
	}
	rows, err := csv.NewReader(strings.NewReader(string(analysistest.Print(t, "csv", a)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range rows[0] {
		if strings.Contains(name, "_ns") || strings.Contains(name, "per_request") || name == "throughput_rps" {
			for _, row := range rows[1:] {
				if row[i] != "" {
					t.Errorf("%s of %s is %q, want nothing", name, row[4], row[i])
				}
			}
		}
	}
	for _, format := range []string{"text", "markdown"} {
		for line := range strings.Lines(string(analysistest.Print(t, format, a))) {
			if strings.Contains(line, "1 client") && strings.Contains(line, "/s") {
				t.Errorf("%s shows a rate: %s", format, line)
			}
		}
	}
}

// The CSV has a row for each cell, also of the cross-check. Each row has as many columns as the header, whatever
// characters names have.
func TestCSV(t *testing.T) {
	text := string(analysistest.Print(t, "csv", uneven(t)))
	if strings.Count(text, "\r\n") != strings.Count(text, "\n") {
		t.Error("lines do not end as RFC 4180 has it")
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll() // requires rows of the same length
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 {
		t.Fatalf("%d rows, want a head and 3 cells:\n%s", len(rows), text)
	}
	column := func(name string, row int) string {
		for i, n := range rows[0] {
			if n == name {
				return rows[row][i]
			}
		}
		t.Errorf("column %s is missing", name)
		return ""
	}
	check := func(row int, name, want string) {
		if got := column(name, row); got != want {
			t.Errorf("%s of row %d is %q, want %q", name, row, got, want)
		}
	}
	check(1, "response_p50_ns", "10000")
	check(2, "response_p50_ns", "100000")
	check(2, "model", `cgi, "quoted"`)
	check(3, "engine", "referee")
	check(1, "run", "made")
	check(1, "incomplete", "")
	check(1, "response_p99_ns", "") // 40 responses have no p99
	check(1, "cpu_ns_per_request", "")
	check(1, "requests", "40")
}

// WriteAll writes each format as it is printed, and replaces existing files.
func TestWriteAll(t *testing.T) {
	a := checked(t, "regression")
	dir := filepath.Join(t.TempDir(), "new", "folder")
	for range 2 {
		if err := report.WriteAll(dir, a); err != nil {
			t.Fatal(err)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != len(report.Analyses.Names()) {
		t.Errorf("%d files and %v, want one for each of %v", len(files), err, report.Analyses.Names())
	}
	for _, format := range report.Analyses.Names() {
		got, err := os.ReadFile(filepath.Join(dir, report.File(format)))
		if diff := cmp.Diff(string(analysistest.Print(t, format, a)), string(got)); diff != "" || err != nil {
			t.Errorf("%s is not what is printed: %v\n%s", report.File(format), err, diff)
		}
	}
	if err := report.WriteAll(filepath.Join(dir, "report.md"), a); err == nil {
		t.Error("WriteAll into a file = nil")
	}
}
