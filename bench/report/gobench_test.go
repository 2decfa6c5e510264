package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/bench/testenv"
	"forktax/workload/contract"
)

// benchstat is the pinned version of the program that reads the Go benchmark format.
const benchstat = "golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da"

// compared runs benchstat, checks that it prints nothing to standard error, and returns its output.
func compared(t *testing.T, bin string, args ...string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	c := exec.Command(filepath.Join(bin, "benchstat"), args...)
	c.Stdout, c.Stderr = &out, &complaints
	if err := c.Run(); err != nil {
		t.Fatalf("benchstat %q: %v\n%s", args, err, complaints.String())
	}
	if complaints.Len() > 0 {
		t.Errorf("benchstat %q complains:\n%s", args, complaints.String())
	}
	return out.String()
}

// benchstat reads the output without a warning, and finds the differences in it: between two models of a run, and
// between two runs.
func TestBenchstatReadsBench(t *testing.T) {
	bin := t.TempDir()
	install := exec.Command("go", "install", benchstat)
	install.Env = append(os.Environ(), "GOBIN="+bin)
	if out, err := install.CombinedOutput(); err != nil {
		testenv.Skip(t, fmt.Errorf("benchstat cannot be had (go install %s): %w: %s", benchstat, err, out))
	}
	cells := append(analysistest.Twins(), analysistest.OpenTwins()...)
	cells[2].Load.RateRPS, cells[3].Load.RateRPS = 0.5, 0.5
	floor := analysistest.Cell("cgi-direct", 1)
	floor.Workload, floor.Request = "floor", "empty"
	cells = append(cells, floor)
	file := func(cgi int) string {
		micros := map[string]int{"persistent": 100, "cgi": cgi, "cgi-direct": 50}
		block := analysistest.Noisy(micros)
		m := analysistest.Fake{Cells: cells, Block: func(c plan.Cell, round int) []record.Observation {
			all := block(c, round)
			if c.Load.Kind == plan.Open {
				return all[:8+round%3] // arrivals are random
			}
			return all
		}}
		r := m.Record(t, 10)
		r.Plan.Floor = floor.Workload
		for i := range r.Blocks {
			r.Blocks[i].Usage = &contract.Usage{SelfCPUNS: int64(1e6 * (i + 1))}
		}
		r.Environment = record.Environment{OS: "linux", Arch: "amd64", CPU: "A  CPU @ 2.0 GHz\n"}
		name := filepath.Join(t.TempDir(), "bench.txt")
		if err := os.WriteFile(name, analysistest.Print(t, "bench", analysistest.Analyze(t, r)), 0o644); err != nil {
			t.Fatal(err)
		}
		return name
	}
	before, after := file(1000), file(1200)

	models := compared(t, bin, "-col", "/model", before)
	runs := compared(t, bin, "before="+before, "after="+after)
	for _, text := range []string{models, runs} {
		for _, bad := range []string{"need >=", "all samples are equal", "benchmark names have", "warning", "residue", "?"} {
			if strings.Contains(text, bad) {
				t.Errorf("benchstat warns:\n%s", text)
			}
		}
		for _, want := range []string{"cpu: A CPU @ 2.0 GHz", "sec/op", "cpu-sec/op", "p90-sec/op", "req/s", "n=10"} {
			if !strings.Contains(text, want) {
				t.Errorf("benchstat does not tell %q:\n%s", want, text)
			}
		}
	}
	// 1000 µs is ten times 100 µs, and 1200 µs is a fifth more than 1000 µs. Random noise adds 1 µs.
	for text, want := range map[string]string{
		models: `workload=hello/request=hello/clients=1 .* \+8[89]\d\.\d\d% \(p=0\.000 n=10\)`,
		runs:   `model=cgi/clients=1 .* \+(19\.9|20\.0)\d% \(p=0\.000 n=10\)`,
	} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("benchstat does not find %q:\n%s", want, text)
		}
	}
}

// No line has the floor. In a check it would have a column of its own, and in a run a row with one model.
func TestBenchWithoutTheFloor(t *testing.T) {
	cells := append(analysistest.Twins(), analysistest.Cell("cgi-direct", 1))
	cells[2].Workload, cells[2].Request = "floor", "empty"
	m := analysistest.Fake{Cells: cells, Block: analysistest.TenResponses}
	r := m.Record(t, 3)
	r.Plan.Floor = "floor"
	got := string(analysistest.Print(t, "bench", analysistest.Analyze(t, r)))
	if strings.Contains(got, "floor") || strings.Count(got, "BenchmarkForktax/workload=hello/") != 6 {
		t.Errorf("bench has the floor, or not 6 lines of hello:\n%s", got)
	}
}

// A line is a block. A block that is in no comparison has no line: neither the disturbed block nor its twin.
func TestBench(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
	r := m.Record(t, 3)
	for i := range r.Blocks {
		r.Blocks[i].Usage = &contract.Usage{SelfCPUNS: 12345}
		if r.Blocks[i].Round == 1 && r.Plan.Cells[r.Blocks[i].Cell].Model == "cgi" {
			r.Blocks[i].Collections = 1
		}
	}
	r.Environment = record.Environment{OS: "plan9", Arch: "mips", CPU: "one"}
	got := string(analysistest.Print(t, "bench", analysistest.Analyze(t, r)))
	// The median of 1 to 10 µs is the fifth value and the p90 the ninth. Ten responses took 10.1 µs from the start of
	// the block.
	const kept = "BenchmarkForktax/workload=hello/request=hello/model=persistent/clients=1 10 5000 ns/op 1234.5 cpu-ns/op " +
		"9000 p90-ns/op 990099.01 req/s\n"
	const fresh = "BenchmarkForktax/workload=hello/request=hello/model=cgi/clients=1 10 50000 ns/op 1234.5 cpu-ns/op " +
		"90000 p90-ns/op 99900.1 req/s\n"
	want := "goos: plan9\ngoarch: mips\npkg: forktax\ncpu: one\nUnit req/s better=higher\nengine: fake\n" +
		kept + kept + fresh + fresh
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("bench (-want +got):\n%s", diff)
	}
}

// Names have no character that would end them, and different cells have different names.
func TestBenchNames(t *testing.T) {
	names := map[string]plan.Cell{}
	for _, c := range []plan.Cell{
		{Workload: "a b", Request: "x/y", Model: "go 1.26\t-8"},
		{Workload: "a b", Request: "x/y", Model: "é"},
	} {
		for _, l := range []plan.Load{
			{Kind: plan.Closed, Concurrency: 8}, {Kind: plan.Closed, Concurrency: 8, NoReuse: true},
			{Kind: plan.Open, Concurrency: 8, RateRPS: 0.5}, {Kind: plan.Open, Concurrency: 8, RateRPS: 5e6},
			{Kind: plan.Open, Concurrency: 9, RateRPS: 0.5},
			{Kind: plan.Open, Concurrency: 8, RateRPS: 0.5, Arrivals: "constant"},
		} {
			c.Load = l
			name := report.BenchName(c)
			if other, ok := names[name]; ok {
				t.Errorf("%+v and %+v have the name %s", c, other, name)
			}
			names[name] = c
			if !regexp.MustCompile(`^workload=a_b/request=x_y/model=[^/ ]+(/[a-z]+=[a-z0-9.]+)+$`).MatchString(name) {
				t.Errorf("BenchName(%+v) = %s", c, name)
			}
		}
	}
}

// An analysis that was read from its JSON has no blocks. Formats that need blocks return an error that names them.
func TestFormatsThatNeedBlocks(t *testing.T) {
	name := filepath.Join(t.TempDir(), "result.json")
	if err := os.WriteFile(name, analysistest.Print(t, "json", analysistest.Analyze(t, analysistest.TheRun(t))),
		0o644); err != nil {
		t.Fatal(err)
	}
	a, err := analysis.ReadAnalysis(name)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, format := range report.Analyses.Names() {
		if err := analysistest.Format(t, format)(&bytes.Buffer{}, a); err != nil {
			told = append(told, fmt.Sprintf("%s: %v", format, err))
		}
	}
	const why = "this format needs the blocks of the run, which result.json does not have: use the run directory"
	if diff := cmp.Diff([]string{"bench: " + why, "hdr: " + why}, told); diff != "" {
		t.Errorf("what cannot be printed (-want +got):\n%s", diff)
	}
	dir := t.TempDir()
	if err := report.WriteAll(dir, a); err == nil || !strings.Contains(err.Error(), "writing the format hdr: "+why) {
		t.Errorf("WriteAll of it = %v", err)
	}
	for _, format := range report.Analyses.Names() {
		_, err := os.Stat(filepath.Join(dir, report.File(format)))
		if missing := errors.Is(err, os.ErrNotExist); missing != (format == "bench" || format == "hdr") {
			t.Errorf("%s is missing: %t", report.File(format), missing)
		}
	}
}
