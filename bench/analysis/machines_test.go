package analysis_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"forktax/bench/analysis"
	"forktax/bench/analysis/analysistest"
	"forktax/bench/record"
)

// An alarm is confirmed on other machines than those that raised it, whatever the order of their parts. A single
// machine confirms none.
func TestMachinesOfAnAlarm(t *testing.T) {
	for _, test := range []struct {
		boots  string // of each part
		where  string
		sameAs []int
	}{
		{"a b c d", "confirmed on other machines", []int{0, 0, 0, 0}},
		{"a a b b", "confirmed on other machines", []int{0, 1, 0, 3}},
		{"a b a b", "confirmed on other machines", []int{0, 0, 1, 2}},
		{"a b c b", "confirmed on other machines", []int{0, 0, 0, 2}},
		{"a a a a", "not confirmed", []int{0, 1, 1, 1}},
		{"- - - -", "confirmed on other machines", []int{0, 0, 0, 0}}, // unknown
	} {
		r := analysistest.CheckRun(t, 0.2)
		for i, boot := range strings.Fields(test.boots) {
			r.Parts = append(r.Parts, record.PartRun{Number: i + 1, ID: fmt.Sprint(i), Starts: 8,
				Environment: record.Environment{Boot: strings.Trim(boot, "-")}})
		}
		c := analysistest.Analyze(t, r).Check
		if one := test.where == "not confirmed"; one != (c.Verdict == analysis.Unconfirmed) ||
			one != strings.Contains(c.Needs, "all of these ran on one") {
			t.Errorf("%s: verdict %s, which needs %q", test.boots, c.Verdict, c.Needs)
		}
		var sameAs []int
		for _, m := range c.Machines {
			sameAs = append(sameAs, m.SameAs)
		}
		if !slices.Equal(sameAs, test.sameAs) {
			t.Errorf("%s: the machines are the same as %v, want %v", test.boots, sameAs, test.sameAs)
		}
		if !slices.ContainsFunc(c.Gates, func(g analysis.Gate) bool { return strings.HasSuffix(g.Why, test.where) }) {
			t.Errorf("%s: no gate is %q: %+v", test.boots, test.where, c.Gates)
		}
	}
}
