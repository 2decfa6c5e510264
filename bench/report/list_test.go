package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/report"
)

func TestList(t *testing.T) {
	incomplete := analysistest.Analyze(t, analysistest.TheRun(t))
	incomplete.Run.Complete, incomplete.Run.Condition = false, "interrupted"
	runs := []analysis.StoredRun{
		{Name: "20261129-2", Analysis: analysistest.Analyze(t, analysistest.TheRun(t))},
		{Name: "20261129-1", Analysis: incomplete},
		{Name: "20261128-1", Err: errors.New("it is empty")},
	}
	var out bytes.Buffer
	if err := report.List(&out, runs, report.Terminal{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"20261129-2       1 s  hello  cgi takes", "hello", "cgi takes 48.7 times as long",
		"incomplete: interrupted", "not readable: it is empty"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not have %q:\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := report.List(&out, nil, report.Terminal{}); err != nil ||
		out.String() != "no runs; create one with forktax run\n" {
		t.Errorf("List(nil) = %v: %q", err, out.String())
	}
}
