package check_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/check"
	"forktax/bench/plan"
)

func TestMarginFlag(t *testing.T) {
	const form = "after gate=, give a percentage (20%), a count (+10), or both (20%,+10)"
	for _, test := range []struct {
		values []string
		all    check.Share
		byGate map[string]plan.Margin
		err    string
	}{
		{nil, 0.03, nil, ""},
		{[]string{"5%"}, 0.05, nil, ""},
		{[]string{"files_opened=20%,+10"}, 0.03, map[string]plan.Margin{"files_opened": {Share: 0.2, Count: 10}}, ""},
		{[]string{"files_opened=20%, +10", "processes=+1", "page_faults=0%", "1%"}, 0.01, map[string]plan.Margin{
			"files_opened": {Share: 0.2, Count: 10}, "processes": {Count: 1}, "page_faults": {}}, ""},
		{[]string{"3"}, 0, nil, "must be a percentage such as 3%; for a single gate write cpu_per_request=5% or "},
		{[]string{"20%,+10"}, 0, nil, "must be a percentage such as 3%; for a single gate write "},
		{[]string{"3%", "5%"}, 0, nil, "the margin of all measured gates is already 3%"},
		{[]string{"processes=5%", "processes=+1"}, 0, nil, "processes already has margin 5%; give one margin per gate"},
		{[]string{"files_opened="}, 0, nil, form},
		{[]string{"files_opened=20"}, 0, nil, form},
		{[]string{"files_opened=20,+10"}, 0, nil, form},
		{[]string{"files_opened=+10,20%"}, 0, nil, form},
		{[]string{"files_opened=20%,10"}, 0, nil, form},
		{[]string{"files_opened=20%,+10,+10"}, 0, nil, form},
		{[]string{"files_opened=20%,"}, 0, nil, form},
		{[]string{"files_opened=-5"}, 0, nil, form},
		{[]string{"files_opened=+1000000000000"}, 0, nil, form},
		{[]string{"files_opened=x%"}, 0, nil, form},
		{[]string{"files_opened=NaN%"}, 0, nil, form},
		{[]string{"files_opened=20%,30%"}, 0, nil, form},
	} {
		m := check.MarginFlag{All: 0.03}
		var err error
		for _, v := range test.values {
			if err = m.Set(v); err != nil {
				break
			}
		}
		if test.err != "" {
			if err == nil || !strings.HasPrefix(err.Error(), test.err) {
				t.Errorf("Set(%q) = %v, want %s", test.values, err, test.err)
			}
			continue
		}
		if diff := cmp.Diff(test.byGate, m.ByGate); err != nil || m.All != test.all || diff != "" {
			t.Errorf("Set(%q) = %v, all %v, want %v; margins of gates (-want +got):\n%s", test.values, err, m.All, test.all,
				diff)
		}
	}
}

// A margin as printed in messages can be parsed again.
func TestMarginRoundTrip(t *testing.T) {
	for _, want := range []plan.Margin{{}, {Share: 0.2}, {Count: 7}, {Share: 0.035, Count: 12}} {
		if got, err := check.ParseMargin(want.String()); err != nil || got != want {
			t.Errorf("ParseMargin(%q) = %v, %v", want.String(), got, err)
		}
	}
}
