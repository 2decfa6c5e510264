package merge_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/merge"
	"forktax/bench/plan"
)

// A merged check has the counts that machines of both halves agree on, and says why it has no others.
func TestMergedCounts(t *testing.T) {
	count := func(metric string, base, candidate int64) plan.StartCount {
		return plan.StartCount{Metric: metric, Request: "/", Of: map[string]int64{"base": base, "candidate": candidate}}
	}
	of := func(counts ...plan.StartCount) plan.CheckSpec { return plan.CheckSpec{Counts: counts} }
	untraced := plan.CheckSpec{LeftOut: []plan.LeftOut{{Gate: "files", Why: "no strace"},
		{Gate: "processes", Why: "no strace"}}}
	for name, test := range map[string]struct {
		parts   []plan.CheckSpec
		counts  []string
		leftOut []plan.LeftOut
	}{
		"all agree": {[]plan.CheckSpec{of(count("files", 3, 4)), of(count("files", 3, 4))}, []string{"files"}, nil},
		"they differ": {[]plan.CheckSpec{of(count("files", 3, 4)), of(count("files", 3, 5))}, nil,
			[]plan.LeftOut{{Gate: "files", Why: "/: parts 1 and 2 counted differently"}}},
		"one half": {[]plan.CheckSpec{of(count("files", 3, 4), count("processes", 1, 1)), untraced}, nil, []plan.LeftOut{
			{Gate: "files", Why: "/: only one half of the machines could count it"},
			{Gate: "processes", Why: "/: only one half of the machines could count it"}}},
		"one of three could not": {[]plan.CheckSpec{of(count("files", 3, 4)), untraced, of(count("files", 3, 4))},
			[]string{"files"}, []plan.LeftOut{{Gate: "processes", Why: "part 2/3: no strace"}}},
		"none": {[]plan.CheckSpec{untraced, untraced}, nil, untraced.LeftOut},
	} {
		got := merge.CountsOf(test.parts...)
		var counts []string
		for _, n := range got.Counts {
			counts = append(counts, n.Metric)
		}
		if diff := cmp.Diff(test.counts, counts); diff != "" {
			t.Errorf("%s: counts (-want +got):\n%s", name, diff)
		}
		if diff := cmp.Diff(test.leftOut, got.LeftOut); diff != "" {
			t.Errorf("%s: left out (-want +got):\n%s", name, diff)
		}
	}
}
