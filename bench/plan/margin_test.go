package plan_test

import (
	"testing"

	"forktax/bench/plan"
)

func TestMarginExceeded(t *testing.T) {
	files := plan.Margin{Share: 0.2, Count: 10}
	for name, test := range map[string]struct {
		margin          plan.Margin
		base, candidate float64
		want            bool
	}{
		"nine more than 54":                 {files, 54, 63, false},
		"within the share, above the count": {files, 100, 120, false},
		"above the share, within the count": {files, 5, 15, false},
		"above both":                        {files, 54, 65, true}, // 20% is 64.8
		"fewer":                             {files, 54, 10, false},
		"one more, without a margin":        {plan.Margin{}, 1, 2, true},
		"as many, without a margin":         {plan.Margin{}, 1, 1, false},
		"from nothing":                      {plan.Margin{Share: 0.5}, 0, 1, true},
		"from nothing, within the count":    {plan.Margin{Count: 1}, 0, 1, false},
		"exactly the share":                 {plan.Margin{Share: 0.29}, 100, 129, false}, // 0.29 × 100 is 28.999999999999996
		"one above the share":               {plan.Margin{Share: 0.29}, 100, 130, true},
	} {
		if got := test.margin.Exceeded(test.base, test.candidate); got != test.want {
			t.Errorf("%s: %v.Exceeded(%v, %v) = %v, want %v", name, test.margin, test.base, test.candidate, got, test.want)
		}
	}
}

func TestMarginOf(t *testing.T) {
	c := plan.CheckSpec{Margin: 0.03, Margins: map[string]plan.Margin{"files_opened": {Share: 0.2, Count: 10},
		"processes": {Count: 2}, "connections": {}}}
	for metric, want := range map[string]string{"files_opened": "20%,+10", "processes": "+2", "connections": "0%",
		"cpu_per_request": "3%"} {
		if got := c.MarginOf(metric).String(); got != want {
			t.Errorf("MarginOf(%q) = %s, want %s", metric, got, want)
		}
	}
	before := plan.CheckSpec{Margin: 0.03} // written by a version without margins per metric
	if got := before.MarginOf("files_opened"); got != (plan.Margin{Share: 0.03}) {
		t.Errorf("MarginOf without margins = %v, want 3%%", got)
	}
}
