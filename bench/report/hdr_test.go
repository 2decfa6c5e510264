package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/report"
	"forktax/bench/testenv"
)

// interval is an interval of a log as hdr-histogram-js reads it.
type interval struct {
	Tag    string  `json:"tag"`
	Total  int64   `json:"total"`
	P90    int64   `json:"p90"`
	Counts []count `json:"counts"`
}

type count struct {
	Value int64 `json:"value"`
	Count int64 `json:"count"`
}

// Another implementation, hdr-histogram-js, reads the same counts and the same percentile from a printed log.
func TestHDRIsReadByOthers(t *testing.T) {
	testenv.Program(t, "node", "nodejs")
	if _, err := os.Stat("testdata/hdr/node_modules/hdr-histogram-js"); err != nil {
		testenv.Skip(t, errors.New("the npm package hdr-histogram-js is missing: npm ci --prefix bench/report/testdata/hdr"))
	}
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	var log bytes.Buffer
	if err := report.HDR(&log, a); err != nil {
		t.Fatal(err)
	}
	decode := exec.Command("node", "testdata/hdr/decode.mjs")
	decode.Stdin, decode.Stderr = &log, os.Stderr
	out, err := decode.Output()
	if err != nil {
		t.Fatalf("decoding: %v", err)
	}
	var got []interval
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("decoding: %v in %s", err, out)
	}
	var want []interval
	for _, c := range a.Cells {
		i := interval{Tag: report.Tag(c), Total: c.Histogram.TotalCount(), P90: analysis.ValueAt(c.Histogram, 0.9)}
		for _, bar := range c.Histogram.Distribution() {
			if bar.Count > 0 {
				i.Counts = append(i.Counts, count{bar.From, bar.Count})
			}
		}
		want = append(want, i)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the log read by hdr-histogram-js (-want +got):\n%s", diff)
	}
	if len(want) == 0 || want[0].Total == 0 {
		t.Error("the log holds nothing")
	}
}
