package analysis_test

import (
	"testing"

	"forktax/bench/analysis/analysistest"
	"forktax/bench/subject"
)

func TestOtherClocks(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
	r := m.Record(t, 6)
	r.Plan.OtherClocks = []subject.OtherClock{{Model: "cgi", OffsetNS: -3_600e9}}
	var got []string
	for _, w := range analysistest.Analyze(t, r).Warnings {
		if w.Code == "other-clock" {
			got = append(got, w.Text)
		}
	}
	const want = "the server's clock differs from this machine's clock: cgi by 3,600 s"
	if len(got) != 1 || got[0] != want {
		t.Errorf("the warnings are %q, want %q once", got, want)
	}
}
