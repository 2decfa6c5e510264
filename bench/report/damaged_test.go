package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/report"
)

// damagedRuns are small real runs in testdata/damaged, which the tests damage: of forktax run, of a search and of a
// check.
var damagedRuns = []string{"run", "knee", "check"}

// A storedRun is the contents of the files of a run that record.Read reads.
type storedRun struct{ blocks, observations []byte }

func smallRun(t testing.TB, name string) storedRun {
	t.Helper()
	dir := filepath.Join("testdata", "damaged", name)
	return storedRun{read(t, filepath.Join(dir, "blocks.jsonl")), read(t, filepath.Join(dir, "observations.bin"))}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// usable writes the run into dir, reads and analyses it, and prints it in each format. Errors are allowed: the run may
// be unreadable, or a format may be unable to print it. A panic is not, nor is memory out of proportion to the input.
func (r storedRun) usable(t *testing.T, dir string) {
	t.Helper()
	for name, text := range map[string][]byte{"blocks.jsonl": r.blocks, "observations.bin": r.observations} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	limitMemory(t, len(r.blocks)+len(r.observations), func() {
		a, err := analysis.AnalyzeDir(dir)
		if err != nil {
			oneLine(t, err)
			return
		}
		printable(a)
	})
}

// oneLine checks that a command can print an error: it has one line and does not name Go types.
func oneLine(t *testing.T, err error) {
	t.Helper()
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("the error has several lines: %v", err)
	}
	text := strings.ReplaceAll(err.Error(), ".json: ", " ") // the name of the file
	if strings.Contains(text, "json: ") || strings.Contains(text, "Go ") {
		t.Errorf("the error has words of package encoding/json: %v", err)
	}
}

// printable prints an analysis in each format.
func printable(a *analysis.Analysis) {
	for _, print := range report.Analyses {
		_ = print(io.Discard, a)
	}
	_ = report.Screen(io.Discard, a, report.Terminal{Width: 100, Colour: true})
	for _, print := range report.RunComparisons {
		_ = print(io.Discard, analysis.CompareRuns("a", a, "b", a, true))
	}
}

// limitMemory checks that the memory that do allocates is in proportion to the size of the input. A report of an empty
// run has a fixed cost; each byte of input takes some hundred bytes more, as a value and in the formats.
func limitMemory(t *testing.T, input int, do func()) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	const small, perByte = 256 << 20, 4 << 10
	if took := after.TotalAlloc - before.TotalAlloc; took > small+uint64(input)*perByte {
		t.Errorf("%d bytes of input had %d MB allocated", input, took>>20)
	}
}

// FuzzRun reads, analyses and prints damaged runs.
func FuzzRun(f *testing.F) {
	for _, name := range damagedRuns {
		r := smallRun(f, name)
		f.Add(r.blocks, r.observations)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, blocks, observations []byte) { storedRun{blocks, observations}.usable(t, dir) })
}

// FuzzResult reads, compares and prints damaged result.json files.
func FuzzResult(f *testing.F) {
	for _, name := range damagedRuns {
		f.Add(smallResult(f, name))
	}
	f.Add([]byte(`{"schema":1,"run":{"id":"x"},"cells":[
		{"workload":"a","request":"b","model":"c","load":{"kind":"open"}}]}`))
	file := filepath.Join(f.TempDir(), "result.json")
	f.Fuzz(func(t *testing.T, text []byte) { usableResult(t, file, text) })
}

// smallResult returns the result.json of a run in testdata/damaged.
func smallResult(t testing.TB, name string) []byte {
	t.Helper()
	a, err := analysis.AnalyzeDir(filepath.Join("testdata", "damaged", name))
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := report.JSON(&text, a); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

func usableResult(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	limitMemory(t, len(text), func() {
		a, err := analysis.ReadAnalysis(file)
		if err != nil {
			oneLine(t, err)
			return
		}
		printable(a)
	})
}

// Values that once made a report panic or take all memory are refused, with a message that names them.
func TestDamageThatWasFound(t *testing.T) {
	wants := map[string]string{
		"decisions[].core_shares = []":           "decision 1: has 0 core_shares; must have 4",
		"cells[].load.rate_rps = -1":             "cell 1: rate_rps is -1; must be from",
		"cells[].load.rate_rps = 1e308":          "cell 1: rate_rps is 1e+308; must be from",
		"cells[].requests = -1":                  "of -1 failed",
		"cells[].distribution.responses = []":    "bins but 0 counts",
		"cells[].distribution.responses[] = -1":  "distribution has a negative count",
		"cells[].distribution.from_ns[] = 1e308": "is 1e308, not a whole number from -9223372036854775808 to 9223372036854775807",
	}
	file, found := filepath.Join(t.TempDir(), "result.json"), map[string]bool{}
	for _, name := range damagedRuns {
		damage(t, smallResult(t, name), func(path string, damaged []byte) {
			want, ok := wants[path]
			if !ok || found[path] {
				return
			}
			found[path] = true
			if err := os.WriteFile(file, damaged, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := analysis.ReadAnalysis(file); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("ReadAnalysis with %s = %v, want %q", path, err, want)
			}
		})
	}
	if len(found) < len(wants) {
		t.Errorf("only %v were tried", found)
	}
}

// Parts of a result without the values that reports use together are refused, or printed without them.
func TestIncompleteResults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "result.json")
	for part, values := range map[string][]string{
		"recycling":    {`{}`, `{"kept_ns":{"value":1}}`, `{"kept_ns":{"value":1},"process_ns":{"value":2}}`},
		"reuse_levels": {`{}`, `{"steps":[{}]}`, `{"steps":[{"response_ns":{"value":1,"low":1}}]}`},
		"comparisons":  {`{}`, `{"ratio":1,"ratio_low":0.5}`, `{"ratio":1,"difference_low":-1}`, `{"ratio":1}`},
		"sharing":      {`{}`, `{"ratio":1,"ratio_low":0.5}`},
		"cold_starts":  {`{}`, `{"ratio":1,"ratio_high":0.5}`},
		"start_up":     {`{}`},
		"decisions":    {`{}`},
		"cross_check":  {`{}`},
		"knees":        {`{}`},
		"warm_up":      {`{}`},
		"responses":    {`{}`},
		"warnings":     {`{}`},
	} {
		for _, value := range values {
			var all map[string]json.RawMessage
			if err := json.Unmarshal(smallResult(t, "run"), &all); err != nil {
				t.Fatal(err)
			}
			var first struct {
				Cells []struct {
					Workload string          `json:"workload"`
					Request  string          `json:"request"`
					Model    string          `json:"model"`
					Engine   string          `json:"engine"`
					Load     json.RawMessage `json:"load"`
				} `json:"cells"`
			}
			if err := json.Unmarshal(smallResult(t, "run"), &first); err != nil {
				t.Fatal(err)
			}
			cell, err := json.Marshal(first.Cells[0])
			if err != nil {
				t.Fatal(err)
			}
			member := strings.TrimSuffix(string(cell), "}") + "," + strings.TrimPrefix(value, "{")
			all[part] = json.RawMessage("[" + strings.Replace(member, ",}", "}", 1) + "]")
			text, err := json.Marshal(all)
			if err != nil {
				t.Fatal(err)
			}
			usableResult(t, file, text)
		}
	}
}

// Values that once made a drawing panic are printed.
func TestDamageThatIsPrinted(t *testing.T) {
	file, tried := filepath.Join(t.TempDir(), "result.json"), map[string]bool{}
	for _, name := range damagedRuns {
		damage(t, smallResult(t, name), func(path string, damaged []byte) {
			drawn := path == "cells[].response_ns.p50 = 1000000000000000000" || strings.HasPrefix(path, "cells[].phases[].ns = ")
			if drawn && !tried[name+path] {
				tried[name+path] = true
				usableResult(t, file, damaged)
			}
		})
	}
	if len(tried) == 0 {
		t.Error("no result has such values")
	}
}

// hostileValues are JSON texts that replace a value.
var hostileValues = []string{"-1", "0", "1000000000000000000", "9223372036854775807", "1e308", "null", `""`, "[]", "{}"}

// damage yields the JSON text with each of its values, lists and objects replaced in turn by each hostile value.
func damage(t *testing.T, text []byte, yield func(path string, damaged []byte)) {
	t.Helper()
	var all any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&all); err != nil {
		t.Fatal(err)
	}
	var walk func(path string, v any, set func(any))
	walk = func(path string, v any, set func(any)) {
		for _, hostile := range hostileValues {
			set(json.RawMessage(hostile))
			damaged, err := json.Marshal(all)
			if err != nil {
				t.Fatal(err)
			}
			yield(path+" = "+hostile, damaged)
		}
		set(v)
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				walk(path+"."+key, value, func(next any) { v[key] = next })
			}
		case []any:
			for i, value := range v[:min(len(v), 2)] { // further elements are alike
				walk(path+"[]", value, func(next any) { v[i] = next })
			}
		}
	}
	if object, ok := all.(map[string]any); ok {
		for key, value := range object {
			walk(key, value, func(next any) { object[key] = next })
		}
	}
}
