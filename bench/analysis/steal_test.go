package analysis_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/record"
	"forktax/bench/report"
)

// The share of the CPU time that the hypervisor took during the run is in all reports, and a warning from 2% on.
func TestSteal(t *testing.T) {
	for name, test := range map[string]struct {
		counted record.Counters // counters of the machine in each of the 12 blocks
		share   string          // printed share; "" if it is not printed
		warned  bool
	}{
		"not counted": {record.Counters{}, "", false},
		"none":        {record.Counters{CPUSeconds: 0.04}, "steal 0%", false},
		"hardly any":  {record.Counters{CPUSeconds: 0.05, StealSeconds: 0.0009}, "steal 1.80%", false},
		"some":        {record.Counters{CPUSeconds: 0.04, StealSeconds: 0.001}, "steal 2.50%", true},
		"one tick":    {record.Counters{CPUSeconds: 0.02, StealSeconds: 0.01 / 12}, "steal 4.17%", false},
	} {
		t.Run(name, func(t *testing.T) {
			m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
			r := m.Record(t, 6)
			analysistest.EachBlock(func(b *record.Block) { b.Machine = test.counted })(r)
			a := analysistest.Analyze(t, r)
			for _, format := range []string{"text", "markdown"} {
				text := string(analysistest.Print(t, format, a))
				if got := strings.Contains(text, "steal"); got != (test.share != "") || !strings.Contains(text, test.share) {
					t.Errorf("the %s does not contain the share %q:\n%s", format, test.share, text)
				}
			}
			var page strings.Builder
			if err := report.HTML(&page, a); err != nil || strings.Count(page.String(), test.share) < 2 {
				t.Errorf("HTML = %v, want the share %q in the summary and in the environment", err, test.share)
			}
			var p struct{ Run map[string]any }
			if err := json.Unmarshal(analysistest.Print(t, "json", a), &p); err != nil {
				t.Fatal(err)
			}
			if share, ok := p.Run["steal_share"]; !ok || (share == nil) != (test.share == "") {
				t.Errorf("the JSON's run.steal_share is %v, present: %t", share, ok)
			}
			i := slices.IndexFunc(a.Warnings, func(w analysis.Warning) bool { return w.Code == "steal" })
			if (i >= 0) != test.warned || test.warned && (!strings.Contains(a.Warnings[i].Text, "took 2.50% of the CPU time") ||
				!strings.Contains(a.Warnings[i].Advice, "ratios remain valid")) {
				t.Errorf("warnings %+v, want one of steal: %t", a.Warnings, test.warned)
			}
		})
	}
}

// In a stored result of a version without the share, the share is unknown.
func TestStealOfAnOldResult(t *testing.T) {
	current := string(analysistest.Print(t, "json", analysistest.Analyze(t, analysistest.TheRun(t))))
	text := strings.Replace(current, "\"steal_share\": 0\n", `"other": 0`+"\n", 1)
	name := filepath.Join(t.TempDir(), "result.json")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := analysis.ReadAnalysis(name)
	if err != nil || a.Run.StealShare != nil || strings.Contains(string(analysistest.Print(t, "text", a)), "steal") {
		t.Errorf("ReadAnalysis = %+v, %v, want a run without a share of steal", a, err)
	}
}
