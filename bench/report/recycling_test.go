package report_test

import (
	"strings"
	"testing"

	"forktax/bench/analysis/analysistest"
	"forktax/bench/report"
)

// The report says from which number of requests per process most of the fork tax is saved, or how much at most.
func TestRecyclingInWords(t *testing.T) {
	a := analysistest.Analyze(t, analysistest.TheRun(t))
	a.Recycling = everything(t).Recycling
	r := &a.Recycling[0]
	r.Kept.Value, r.Process.Value, r.Resident = new(140_000.0), new(2_250_000.0), new(int64(20_000))
	for want, enough := range map[string]*int{
		"From N = 40, 95% of the fork tax is saved.":                                      new(40),
		"However many requests a process serves, at most 94.9% of the fork tax is saved.": nil,
	} {
		r.Enough = enough
		text := strings.Join(strings.Fields(screen(t, a, report.Terminal{Width: 100})), " ")
		if !strings.Contains(text, want) {
			t.Errorf("the screen does not contain %q:\n%s", want, text)
		}
	}
}
