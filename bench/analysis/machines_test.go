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

// If a few parts are lost, the others decide. Otherwise they can only find a regression. A part that ended early for
// another reason may have ended because of the candidate.
func TestLostParts(t *testing.T) {
	for _, test := range []struct {
		change float64
		lost   int
		early  bool
		want   string
	}{
		{0, 0, false, analysis.Pass},
		{0, 1, false, analysis.Pass},
		{0, 2, false, analysis.Undecided},
		{0, 0, true, analysis.Undecided},
		{0.2, 2, false, analysis.Regression},
	} {
		r := analysistest.CheckRun(t, test.change)
		for i := range test.lost + 4 {
			p := record.PartRun{Number: i + 1, ID: fmt.Sprint(i), Starts: 8}
			if i < test.lost {
				p = record.PartRun{Number: i + 1, Lost: true, Problems: []string{"it was killed"}}
			}
			r.Parts = append(r.Parts, p)
		}
		if test.early {
			r.Parts[0].Problems = []string{"it ended early: wrong response"}
		}
		r.Tail.Complete = test.lost == 0 && !test.early
		c := analysistest.Analyze(t, r).Check
		if len(c.Machines) != 4 || c.Machines[0].Part != test.lost+1 {
			t.Errorf("with %d lost parts, the machines are %+v", test.lost, c.Machines)
		}
		if c.Verdict != test.want {
			t.Errorf("%g more, with %d lost parts (ended early: %t): verdict %s (%s), want %s", test.change, test.lost,
				test.early, c.Verdict, c.Why, test.want)
		}
	}
}
