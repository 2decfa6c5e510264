package report_test

import (
	"slices"
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// A run of a suite has a warning for each contender whose CPU time is unknown, with advice on how to measure it. Other
// runs do not have this warning.
func TestUnaccountedCPU(t *testing.T) {
	m := analysistest.Fake{Cells: analysistest.Twins(), Block: analysistest.TenResponses}
	r := m.Record(t, 6)
	analysistest.EachBlock(func(b *record.Block) {
		if b.Cell == 0 {
			b.Usage = &contract.Usage{SelfCPUNS: 1000, External: true}
		}
	})(r)
	for _, suite := range []*plan.SuiteInfo{nil, {Name: "hosts"}} {
		r.Plan.Suite = suite
		a := analysistest.Analyze(t, r)
		i := slices.IndexFunc(a.Warnings, func(w analysis.Warning) bool { return w.Code == "no-cpu" })
		if (i >= 0) != (suite != nil) || i >= 0 && (a.Warnings[i].Cell != "hello, cgi, 1 client, fake" ||
			!strings.Contains(a.Warnings[i].Advice, "control group")) {
			t.Errorf("warnings %+v, want one of cgi: %t", a.Warnings, suite != nil)
		}
	}
}

// A user's suite with the name of one of ours has no published numbers.
func TestSuiteOfTheSameName(t *testing.T) {
	a := ofASuite(t)
	if text := string(analysistest.Print(t, "markdown", a)); !strings.Contains(text, "in 2002") {
		t.Errorf("the suite article has no published numbers:\n%s", text)
	}
	a.Run.Suite.Contenders = a.Run.Suite.Contenders[:1]
	if text := string(analysistest.Print(t, "markdown", a)); strings.Contains(text, "2002") {
		t.Errorf("a suite of another person has numbers of 2002:\n%s", text)
	}
}
