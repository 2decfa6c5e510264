package report_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/bench/stats"
)

// everything returns an analysis with a row in each table except the table of a suite: the real run with a check, an
// open loop, a database, and a phase of each name.
func everything(t *testing.T) *analysis.Analysis {
	t.Helper()
	a := checked(t, "pass")
	for _, c := range a.OwnCells() {
		c.Load.Kind, c.Load.RateRPS = plan.Open, 100
		a.Cells = append(a.Cells, c)
	}
	for i := range a.Cells {
		a.Cells[i].DatabaseCPU = new(int64(1000))
		a.Cells[i].Starts = analysis.Counts{analysis.Flat: 2, analysis.Slowing: 1}
		a.Cells[i].GeneratorQueue, a.Cells[i].ServerQueue = new(int64(2000)), new(int64(3000))
		if c := &a.Cells[i]; c.PhaseNS("exit") > 0 {
			c.Phases = nil
			for _, column := range report.ColumnLists()[0].Columns {
				if column.Key == "" && column.Page && column.Text && !column.Markdown {
					c.Phases = append(c.Phases, analysis.Phase{Name: column.Name, NS: 1_000_000})
				}
			}
		}
	}
	a.ColdStarts = []analysis.ColdStart{{Workload: "hello", Request: "hello", Model: "cgi", Pairs: 6, WarmNS: 1_000_000,
		ColdNS: 3_000_000,
		Ratio:  3.1, RatioLow: new(2.9), RatioHigh: new(3.3), MajorFaults: new(12.0), Files: 3, Bytes: 5 << 20, Kept: new(int64(2 << 20))}}
	a.WarmUps = []analysis.WarmUp{{Workload: "hello", Model: "persistent", Starts: 3, Steady: 2, Requests: 5000,
		Seconds: 0.4}}
	kept, process := 40_000.0, 2_000_000.0
	a.Recycling = []analysis.Recycling{{Workload: "hello", Request: "hello", Family: "recycle:N",
		Engine: a.Cells[0].Engine, Load: a.Cells[0].Load, Kept: analysis.Estimate{Value: &kept},
		Process: analysis.Estimate{Value: &process}, Phases: new(int64(1_900_000)),
		KeptPhases: new(int64(45_000)), Enough: new(30),
		Resident: new(int64(30_000)),
		Points: []analysis.RecyclePoint{{Requests: 1, CPU: 2_030_000, Fit: 2_040_000},
			{Requests: 10, CPU: 240_000, Fit: 240_000}, {Requests: 100, CPU: 60_100, Fit: 60_000}}}}
	a.Sharing = []analysis.Sharing{{Workload: "hello", Request: "hello", Model: "cgi", Engine: a.Cells[0].Engine,
		Load: a.Cells[0].Load, Metric: analysis.MetricCPU, Ratio: 1.1, RatioLow: new(1.05), RatioHigh: new(1.16), Pairs: 8}}
	a.StartUps = []analysis.StartUp{{Workload: "hello", Request: "hello", Model: "persistent", Starts: 3,
		BreakEven: &analysis.BreakEven{Model: "cgi", CPUNS: 2_000_000, Requests: new(4)}}}
	for i, n := range []int{0, 1, 2, 10, 100, 1000} {
		a.StartUps[0].Points = append(a.StartUps[0].Points, analysis.StartUpPoint{Requests: n, NS: int64(5_000_000 +
			100_000*n),
			CPUNS: new(int64(6_000_000 + 50_000*n + i))})
	}
	a.Responses[0].Masks = []string{"[0-9]+ ms"}
	return a
}

// ofASuite returns the analysis of the real run as a run of a suite.
func ofASuite(t *testing.T) *analysis.Analysis {
	t.Helper()
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	a.Run.Suite = &record.SuiteInfo{Name: "article",
		Contenders: []record.Contender{{Workload: "hello", Name: "cgi", Title: "title"},
			{Workload: "hello in Python", Name: record.Fresh}}}
	return a
}

// Each column has a definition and a source of its value. It is in the formats that it declares, and on the page with
// its definition.
func TestColumns(t *testing.T) {
	a := everything(t)
	printed := map[string]string{}
	for _, format := range []string{"text", "markdown"} {
		printed[format] = string(analysistest.Print(t, format, a)) + string(analysistest.Print(t, format, ofASuite(t)))
	}
	page := string(analysistest.Print(t, "html", a))
	for _, list := range report.ColumnLists() {
		for _, c := range list.Columns {
			of := fmt.Sprintf("%s: column %q, key %q", list.Rows, c.Name, c.Key)
			if c.About == "" || !c.Value || c.Name == "" && c.Key == "" && c.CSV == "" || c.Number && c.Unit == "" {
				t.Errorf("%s: it has no definition, no value, no name, or no unit", of)
			}
			if c.Name == "" {
				continue
			}
			name := strings.NewReplacer("{baseline}", a.Run.Baseline, "{cross-check}", a.Run.CrossCheckEngine).Replace(c.Name)
			bare := slices.Contains([]string{"workload", "title"}, name) // a suite's columns of text have no title
			for format, declared := range map[string]bool{"text": c.Text, "markdown": c.Markdown} {
				if declared && !bare && !strings.Contains(printed[format], name) {
					t.Errorf("%s: the %s does not have it", of, format)
				}
			}
			if !c.Page {
				continue
			}
			head := regexp.MustCompile(`<th[^>]*><a href="#([^"]*)">` + regexp.QuoteMeta(html.EscapeString(name)) + `</a></th>`)
			found := head.FindAllStringSubmatch(page, -1)
			if !slices.ContainsFunc(found, func(link []string) bool {
				_, definition, _ := strings.Cut(page, `<dt id="`+link[1]+`">`)
				_, definition, _ = strings.Cut(definition, "<dd>")
				return strings.HasPrefix(html.UnescapeString(definition), c.About+"</dd>")
			}) {
				t.Errorf("%s: the page does not have it with its definition: %q", of, found)
			}
		}
	}
	ids := regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1)
	for i, id := range ids {
		if slices.ContainsFunc(ids[:i], func(other []string) bool { return other[1] == id[1] }) {
			t.Errorf("two elements of the page have the id %s", id[1])
		}
	}
}

// A new column needs one declaration. The test adds one, and finds the column in all formats.
func TestNewColumnIsOneRow(t *testing.T) {
	const about = "Blocks that are in comparisons."
	report.AddColumn(t, "sound blocks", "sound_blocks", about, func(c analysis.Cell) string {
		return fmt.Sprint(c.Blocks - c.InvalidBlocks)
	})
	a := everything(t)
	for format, want := range map[string][]string{
		"text":     {"sound blocks"},
		"markdown": {"| sound blocks |"},
		"html": {`<a href="#def-sound-blocks">sound blocks</a>`,
			`<dt id="def-sound-blocks">sound blocks</dt><dd>` + about},
		"csv": {",sound_blocks\r\n", ",8\r\n"},
	} {
		got := string(analysistest.Print(t, format, a))
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s does not have %q:\n%.3000s", format, w, got)
			}
		}
	}
	if row := "| | `sound_blocks` | sound blocks | 1 | " + about + " |"; !strings.Contains(formatsDocument(t), row) {
		t.Errorf("docs/formats.md does not have the row %s", row)
	}
}

// Each key of a cell in the JSON is documented.
func TestColumnsOfAllKeys(t *testing.T) {
	documented := map[string]bool{}
	for _, c := range report.ColumnLists()[0].Columns {
		documented[c.Key] = true
	}
	var check func(of reflect.Type, path string)
	check = func(of reflect.Type, path string) {
		for _, f := range reflect.VisibleFields(of) {
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			switch {
			case key == "" || key == "-":
			case f.Type.Kind() == reflect.Struct:
				check(f.Type, path+key+".")
			case !documented[path+key]:
				t.Errorf("no column has the key %s%s", path, key)
			}
		}
	}
	check(reflect.TypeFor[analysis.Cell](), "")
}

// Each list of columns is for a list in the JSON.
func TestColumnListsAreInTheJSON(t *testing.T) {
	for _, list := range report.ColumnLists() {
		of := reflect.TypeFor[analysis.Analysis]()
		for key := range strings.SplitSeq(list.Rows, ".") {
			key, isList := strings.CutSuffix(key, "[]")
			fields := reflect.VisibleFields(of)
			i := slices.IndexFunc(fields, func(f reflect.StructField) bool {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				return name == key
			})
			if i < 0 {
				t.Errorf("%s: %v has no key %s", list.Rows, of, key)
				break
			}
			if of = fields[i].Type; isList || of.Kind() == reflect.Pointer {
				of = of.Elem()
			}
		}
	}
}

// The definition of percentiles has the numbers of responses that they need.
func TestDefinitionOfPercentiles(t *testing.T) {
	definition := ""
	for _, c := range report.ColumnLists()[0].Columns {
		if c.Name == "p99" {
			definition = c.About
		}
	}
	want := fmt.Sprintf("at least %d, %d, %d and 3,%d responses", stats.PercentileNeeds(0.5), stats.PercentileNeeds(0.9),
		stats.PercentileNeeds(0.99), stats.PercentileNeeds(0.999)-3000)
	if !strings.Contains(definition, want) {
		t.Errorf("the definition %q does not contain %q", definition, want)
	}
}

// The columns of the CSV and their order do not change: programs may rely on them.
func TestCSVColumns(t *testing.T) {
	rows, err := csv.NewReader(bytes.NewReader(analysistest.Print(t, "csv", uneven(t)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Fields(`run incomplete workload request model engine load concurrency rate_rps arrivals connections_anew
		blocks invalid_blocks requests errors response_p50_ns response_p90_ns response_p99_ns response_p999_ns
		response_max_ns response_at_least service_p50_ns service_p90_ns service_p99_ns lag_p50_ns lag_p99_ns throughput_rps
		overloaded cpu_ns_per_request database_cpu_ns_per_request generator_cpu_ns_per_request processes_per_request
		connections_per_request page_faults_per_request peak_memory_bytes
		generator_run_queue_ns_per_request server_run_queue_ns_per_request throttled_share`)
	if diff := cmp.Diff(want, rows[0]); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
}

// docs/formats.md is generated from the columns.
func TestFormatsDocument(t *testing.T) {
	name := filepath.Join("..", "..", "docs", "formats.md")
	got := formatsDocument(t)
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); if it is meant, run the test with -update:\n%s", name, diff)
	}
}

// formatsDocument returns the expected docs/formats.md. The text before the first heading in backticks is read from the
// file; the rest is generated here.
func formatsDocument(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "formats.md"))
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(string(text), "\n## `")
	var b strings.Builder
	b.WriteString(strings.TrimSpace(before) + "\n")
	for _, list := range report.ColumnLists() {
		fmt.Fprintf(&b, "\n## `%s`\n\n| key | CSV | in tables | unit | definition |\n|---|---|---|---|---|\n", list.Rows)
		for i, c := range list.Columns {
			row := []string{code(c.Key), code(c.CSV), c.Name, c.Unit, c.About}
			if i > 0 && c.About == list.Columns[i-1].About {
				row[4] = "as above"
			}
			b.WriteString(regexp.MustCompile(` +\|`).ReplaceAllString("| "+strings.Join(row, " | ")+" |\n", " |"))
		}
	}
	return b.String()
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}
