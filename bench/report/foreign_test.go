package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/record"
	"forktax/bench/report"
)

// hostile is text that a program may log to hide its actions and to change the title of a terminal.
const hostile = "\x1b]0;title\a\x1b[2Jgone\rover\u009b31m"

// Untrusted text does not control a terminal in any format that people read. JSON has the text unchanged, but escaped.
func TestForeignTextIsShownEscaped(t *testing.T) {
	r := analysistest.TheRun(t)
	for i := range r.Blocks {
		r.Blocks[i].LogLines, r.Blocks[i].Errors = []string{hostile}, map[string]int{record.ErrReset: 1}
	}
	r.Environment.CPU, r.Tail = hostile, record.Tail{Condition: hostile}
	for i := range r.Plan.Cells {
		r.Plan.Cells[i].Model += hostile
	}
	a := analysistest.Analyze(t, r)
	prints := map[string]report.Format[*analysis.Analysis]{}
	for _, name := range []string{"text", "markdown", "csv", "junit", "github", "bench", "hdr"} {
		prints[name] = analysistest.Format(t, name)
	}
	for name, print := range prints {
		var out bytes.Buffer
		if err := print(&out, a); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		text := strings.ReplaceAll(out.String(), "\r\n", "\n")
		if at := strings.IndexFunc(text, isControl); at >= 0 {
			t.Errorf("%s has a control character: %.60q", name, text[at:])
		}
		if name != "hdr" && !strings.Contains(text, "gone") {
			t.Errorf("%s does not have what was logged", name)
		}
	}
	var out bytes.Buffer
	if err := report.Screen(&out, a, report.Terminal{Width: 100}); err != nil || strings.ContainsFunc(out.String(),
		isControl) {
		t.Errorf("Screen = %v and has control characters", err)
	}
	out.Reset()
	if err := report.JSON(&out, a); err != nil {
		t.Fatal(err)
	}
	var back analysis.Analysis
	if err := json.Unmarshal(out.Bytes(), &back); err != nil || back.Environment.CPU != hostile ||
		back.Cells[0].LogLines[0] != hostile {
		t.Errorf("the JSON has %q, %v, want %q", back.Environment.CPU, err, hostile)
	}
	if strings.ContainsRune(out.String(), 0x1b) {
		t.Error("the JSON has an escape character")
	}
}

func isControl(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || 0x7f <= r && r < 0xa0 }
