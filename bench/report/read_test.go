package report_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/record"
	"forktax/bench/report"
)

// A written analysis is read back, except for the values from blocks: histograms and samples.
func TestReadAnalysis(t *testing.T) {
	a := checked(t, "regression")
	name := filepath.Join(t.TempDir(), "result.json")
	if err := report.Write(name, report.JSON, a); err != nil {
		t.Fatal(err)
	}
	got, err := analysis.ReadAnalysis(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, got, cmpopts.IgnoreFields(analysis.Cell{}, "Histogram", "Samples"),
		cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("what was read (-written +read):\n%s", diff)
	}
}

// The committed reference results are readable.
func TestReferencesCanBeRead(t *testing.T) {
	files, err := filepath.Glob("../../results/reference/*/result.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no reference results are there: %v", err)
	}
	for _, f := range files {
		if _, err := analysis.ReadAnalysis(f); err != nil {
			t.Error(err)
		}
	}
}

// In each closed loop of the reference suites, throughput times mean response time is the number of clients: no
// request is missing in one of the two. Means are those of the distribution's bins.
func TestReferencesObeyLittlesLaw(t *testing.T) {
	for _, suite := range []string{"field", "languages"} {
		a, err := analysis.ReadAnalysis("../../results/reference/" + suite + "/result.json")
		if err != nil {
			t.Fatal(err)
		}
		checked := 0
		for _, c := range a.CellsOf(record.Closed) {
			if c.ThroughputRPS == nil || c.InvalidBlocks == c.Blocks {
				continue
			}
			sum, n := 0.0, 0.0
			for i, count := range c.Distribution.Counts {
				sum += float64(count) * float64(c.Distribution.FromNS[i]) * math.Pow(10, 1.0/40)
				n += float64(count)
			}
			clients := *c.ThroughputRPS * sum / n / 1e9
			if off := clients/float64(c.Load.Concurrency) - 1; math.Abs(off) > 0.1 {
				t.Errorf("%s, %s: throughput times mean response time is %.2f, want %d", suite, c.Cell, clients, c.Load.Concurrency)
			}
			checked++
		}
		if checked < 20 {
			t.Errorf("%s has %d closed loops", suite, checked)
		}
	}
}

// For an invalid or truncated result, ReadAnalysis returns an error with the file's name, the problem and the advice to
// give a result.json.
func TestReadWhatIsNoResult(t *testing.T) {
	whole := string(analysistest.Print(t, "json", analysistest.Analyze(t, analysistest.TheRun(t))))
	for name, test := range map[string]struct{ text, want string }{
		"empty":             {"", "is empty"},
		"blank":             {" \n", "is empty"},
		"cut off":           {whole[:len(whole)/2], ": JSON is truncated; "},
		"cut off by a byte": {strings.TrimSuffix(whole, "}\n"), ": JSON is truncated; "},
		"goes on":           {whole + "{}", ": unexpected data after the JSON value; "},
		"text":              {"# forktax", ": not JSON: byte 1: "},
		"a list":            {"[]", ": not a forktax result: it is a list, not an object; "},
		"other JSON":        {`{"version": 1}`, ": not a forktax result: schema is missing"},
		"another schema": {strings.Replace(whole, `"schema": 2`, `"schema": 7`, 1),
			"unknown schema 7; this forktax reads schema 1 and 2"},
		"only a schema": {`{"schema": 2}`, "run.id is missing"},
		"no cells":      {`{"schema": 2, "run": {"id": "x"}, "cells": []}`, "cells is missing or empty"},
		"odd cells": {`{"schema": 2, "run": {"id": "x"}, "cells": 5}`,
			`: not a forktax result: the key "cells" is a number, not a list; `},
		"odd schema": {`{"schema": "2"}`, `the key "schema" is a string, not a whole number`},
		"cells of nothing": {`{"schema": 2, "run": {"id": "x"}, "cells": [{}]}`,
			"cell 1: workload, request, model or load is missing"},
	} {
		file := filepath.Join(t.TempDir(), "result.json")
		if err := os.WriteFile(file, []byte(test.text), 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := analysis.ReadAnalysis(file)
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), file) ||
			!strings.Contains(err.Error(), "give a result.json") {
			t.Errorf("%s: ReadAnalysis = %v, %v; want the file's name, %q and what is needed", name, a, err, test.want)
		}
	}
	if _, err := analysis.ReadAnalysis("nowhere.json"); err == nil || !strings.Contains(err.Error(), "nowhere.json") {
		t.Errorf("ReadAnalysis of what is missing = %v", err)
	}
	if _, err := analysis.ReadAnalysis(t.TempDir()); err == nil {
		t.Error("ReadAnalysis of a directory = nil")
	}
}
