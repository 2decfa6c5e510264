package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/HdrHistogram/hdrhistogram-go"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/explain"
	"forktax/bench/machine"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/workload/contract"
)

// foreignTexts are untrusted names, titles, commands and log lines that imitate the syntax of a format, by the syntax.
var foreignTexts = map[string]string{
	"terminal":         "\x1b]0;title\a\x1b[2Jgone\x7f\u009b31m\b",
	"direction":        "abc\u202egnp.exe\u2066\u200b",
	"another line":     "hello\nok: no regression\r\n::error::x\u2028y\x85z",
	"not UTF-8":        "a\xff\xc3(",
	"a command":        " ::stop-commands::x",
	"an old command":   "a ##[add-mask]b",
	"a formula":        `=HYPERLINK("http://x.invalid","y")`,
	"a sum":            "+1+cmd|' /C calc'!A0",
	"a difference":     "-2+3",
	"a function":       "@SUM(1)",
	"a column":         `a|b\|c\\|d`,
	"Markdown":         "[x](javascript:alert(1)) ![i](http://x.invalid) `code` **b** &lt;i&gt;",
	"a link":           "__main__.py at https://x.invalid or WWW.x.invalid ~~not~~",
	"HTML":             `</title></script><script>alert(1)</script><img src=x onerror="alert(1)">'`,
	"XML":              "]]>&amp;<!--",
	"a benchmark":      "x 1 2 ns/op\nBenchmarkFake 1 1 ns/op",
	"a tag":            "Tag=a,b=c,\nTag=z,1,2,3,4",
	"nothing":          "",
	"a key and a path": "a=b/c d",
}

// foreignRun returns the analysis of a failed check, in which text replaces or begins all untrusted names and texts.
func foreignRun(t *testing.T, text string) *analysis.Analysis {
	t.Helper()
	cells := analysistest.Twins()
	for i := range cells {
		cells[i].Workload, cells[i].Request = text+"w", text+"r"
	}
	cells[1].Model = text + "m"
	m := analysistest.Fake{Cells: cells, Block: func(c plan.Cell, round int) []record.Observation {
		return append(analysistest.TenResponses(c, round), analysistest.Failed(record.ErrClosed))
	}}
	r := m.Record(t, 8)
	for i := range r.Blocks {
		r.Blocks[i].Usage = &contract.Usage{SelfCPUNS: 12345}
		r.Blocks[i].LogLines = []string{text, "and " + text}
	}
	r.Environment = record.Environment{OS: text, Arch: text, CPU: text, Kernel: text, Go: text,
		Programs: []record.Program{{Workload: text, Path: "/" + text, SHA256: text, Go: text}}}
	r.Plan.Variants = []record.Variant{{Name: text + "m"}}
	r.ID, r.Version, r.Tail.Complete, r.Tail.Condition = text, text, false, text
	a := analysistest.Analyze(t, r)
	a.Check = checks()["regression"]
	a.Check.Base, a.Check.Candidate, a.Check.Why, a.Check.Needs = text, text, text, text
	a.Check.LeftOut = []plan.LeftOut{{Gate: analysis.CountFiles, Why: text}}
	for i := range a.Check.Gates {
		a.Check.Gates[i].Workload, a.Check.Gates[i].Why = text, text
	}
	a.Check.Gates[0].Verdict = analysis.Undecided
	a.Warnings = append(a.Warnings, analysis.Warning{Code: text, Text: text, Advice: text})
	return a
}

// unseen reports whether a character, other than a line end, is invisible or changes the direction of text.
func unseen(r rune) bool { return !unicode.IsPrint(r) && !unicode.Is(unicode.Zs, r) && r != '\n' }

// columns returns the number of pipes in a row of a Markdown table that separate its columns. A backslash escapes the
// character after it.
func columns(row string) int {
	return strings.Count(regexp.MustCompile(`\\.`).ReplaceAllString(row, ""), "|")
}

// Untrusted text remains text in each format.
func TestForeignText(t *testing.T) {
	lines := func(text []byte) []string { return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") }
	command := regexp.MustCompile(`^\s*::|##\[`)
	own := regexp.MustCompile(`^(goos|goarch|pkg|cpu|engine): |^Unit |^# incomplete: |^BenchmarkForktax/workload=\S+ \d+ `)
	ours := regexp.MustCompile(`^::(error|warning|notice) title=forktax[^:]*::`)
	inLines := func(right func(line string) bool) func(*testing.T, []byte) {
		return func(t *testing.T, text []byte) {
			for _, line := range lines(text) {
				if !right(line) {
					t.Errorf("the line %q", line)
				}
			}
		}
	}
	active := regexp.MustCompile(`<script>alert|<img|<!--|</title></script|\]\]>&`)
	tests := map[string]func(t *testing.T, text []byte){
		"text":    inLines(func(line string) bool { return !command.MatchString(line) && !strings.HasPrefix(line, "ok:") }),
		"github":  inLines(ours.MatchString),
		"bench":   inLines(own.MatchString),
		"json":    func(t *testing.T, text []byte) { decoded(t, text) },
		"bencher": func(t *testing.T, text []byte) { decoded(t, text) },
		"gha-benchmark": func(t *testing.T, text []byte) {
			decoded(t, text)
		},
		"csv": func(t *testing.T, text []byte) {
			rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
			if err != nil || len(rows) != 3 {
				t.Fatalf("%d rows, %v, want 3", len(rows), err)
			}
			for _, row := range rows[1:] {
				for _, cell := range row {
					if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") {
						t.Errorf("the cell %q", cell)
					}
				}
			}
		},
		"junit": func(t *testing.T, text []byte) {
			for d := xml.NewDecoder(bytes.NewReader(text)); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					return
				} else if err != nil {
					t.Fatal(err)
				}
			}
		},
		"html": func(t *testing.T, text []byte) {
			if found := active.Find(text); found != nil {
				t.Errorf("the page has %q", found)
			}
			if got := bytes.Count(text, []byte("<script")); got != 4 {
				t.Errorf("the page has %d scripts, want its own 4", got)
			}
		},
		"markdown": func(t *testing.T, text []byte) {
			head := 0
			for _, line := range lines(text) {
				switch {
				case !strings.HasPrefix(line, "| "):
					head = 0
				case head == 0:
					head = columns(line)
				case columns(line) != head:
					t.Errorf("a row has not %d but %d columns: %s", head-1, columns(line)-1, line)
				}
				if plain := regexp.MustCompile(`\\.`).ReplaceAllString(line, ""); command.MatchString(line) ||
					strings.Contains(plain, "](") || strings.Contains(plain, "://x") || strings.Contains(plain, "__main__") ||
					strings.Contains(plain, "~~") || active.MatchString(line) || strings.HasPrefix(line, "ok:") {
					t.Errorf("the line %q", line)
				}
			}
		},
		"hdr": func(t *testing.T, text []byte) {
			read := 0
			for reader := hdrhistogram.NewHistogramLogReader(bytes.NewReader(text)); ; read++ {
				h, err := reader.NextIntervalHistogram()
				if err != nil {
					t.Fatal(err)
				}
				if h == nil {
					break
				}
			}
			if read != 2 {
				t.Errorf("the log has %d histograms, want 2", read)
			}
		},
	}
	for name, foreign := range foreignTexts {
		a := foreignRun(t, foreign)
		for _, format := range report.Analyses.Names() {
			t.Run(name+" in "+format, func(t *testing.T) {
				text := analysistest.Print(t, format, a)
				shown := text
				switch format {
				case "csv": // CSV lines end in CRLF
					shown = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
				case "html": // style sheets and scripts are indented
					shown = bytes.ReplaceAll(text, []byte("\t"), nil)
				}
				if i := bytes.IndexFunc(shown, unseen); i >= 0 {
					t.Errorf("%q is printed as it is: %q", shown[i], shown[max(i-40, 0):min(i+40, len(shown))])
				}
				if !utf8.Valid(text) {
					t.Error("it is not UTF-8")
				}
				tests[format](t, text)
			})
		}
	}
}

func decoded(t *testing.T, text []byte) {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Error(err)
	}
}

// Other reports spell untrusted text in the same way.
func TestForeignTextElsewhere(t *testing.T) {
	for name, foreign := range foreignTexts {
		a := foreignRun(t, foreign)
		assessed := &machine.Assessment{Findings: []machine.Finding{{Name: foreign, Verdict: machine.Unfit, Found: foreign,
			Effect: foreign, Advice: foreign}}}
		explained := &explain.Explanation{Program: []string{foreign}, Executed: foreign, Method: foreign, Path: foreign,
			Parts: []explain.Part{{Kind: foreign, Name: foreign, Detail: foreign, Cost: new(int64(1)), Advice: foreign}}}
		compared := &analysis.RunComparison{A: analysis.ComparedRun{Name: foreign, Run: a.Run},
			Mismatches: []analysis.Mismatch{{What: foreign, A: foreign, B: foreign}}, OnlyA: []record.Cell{a.Cells[0].Cell}}
		var out bytes.Buffer
		for _, format := range []string{"text", "markdown", "json"} {
			if print, ok := report.Explanations[format]; ok {
				noError(t, print(&out, explained))
			}
			noError(t, report.Assessments[format](&out, assessed))
			noError(t, report.RunComparisons[format](&out, compared))
			if i := bytes.IndexFunc(out.Bytes(), unseen); i >= 0 || !utf8.Valid(out.Bytes()) ||
				format != "json" && regexp.MustCompile(`(?m)^ok:|^\s*::|##\[`).Match(out.Bytes()) {
				t.Errorf("%s as %s: at %d of %q", name, format, i, out.Bytes())
			}
			out.Reset()
		}
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// A format spells text in a copy, and leaves the analysis unchanged.
func TestReportsLeaveTheAnalysisAsItIs(t *testing.T) {
	a := foreignRun(t, "=1+1\x1b")
	before := analysistest.Print(t, "json", a)
	for _, format := range report.Analyses.Names() {
		analysistest.Print(t, format, a)
	}
	if after := analysistest.Print(t, "json", a); !bytes.Equal(before, after) {
		t.Error("a format has changed the analysis")
	}
	var read struct{ Cells []struct{ Workload string } }
	if err := json.Unmarshal(before, &read); err != nil || read.Cells[0].Workload != "=1+1\x1bw" {
		t.Errorf("the JSON has the workload %q, %v, want it as it is", read.Cells[0].Workload, err)
	}
}
