package report_test

import (
	"slices"
	"strings"
	"testing"

	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/report"
	"forktax/workload/contract"
)

// A suite says of which contenders the CPU is not known, and what would tell it. Other runs have other words for that.
func TestUnaccountedCPU(t *testing.T) {
	m := made{cells: twins(), block: the10s}
	r := m.record(t, 6)
	each(func(b *record.Block) {
		if b.Cell == 0 {
			b.Usage = &contract.Usage{SelfCPUNS: 1000, Outside: true}
		}
	})(r)
	for _, suite := range []*plan.Suite{nil, {Name: "hosts"}} {
		r.Plan.Suite = suite
		a := analyze(t, r)
		i := slices.IndexFunc(a.Warnings, func(w report.Warning) bool { return w.Code == "no-cpu" })
		if (i >= 0) != (suite != nil) || i >= 0 && (a.Warnings[i].Cell != "hello/hello, cgi, 1 client, fake" ||
			!strings.Contains(a.Warnings[i].Advice, "control group")) {
			t.Errorf("warnings %+v, want one of cgi: %t", a.Warnings, suite != nil)
		}
	}
}
