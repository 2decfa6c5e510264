package plan_test

import (
	"testing"

	"forktax/bench/plan"
	"forktax/bench/subject"
)

// A process that serves one request is not resident in the sense of a break-even, also if it was started before.
func TestStartsAhead(t *testing.T) {
	p := plan.Plan{Variants: []subject.Variant{{Name: "ready", Model: "pool"}}}
	suite := plan.Plan{Suite: &plan.SuiteInfo{Contenders: []plan.Contender{{Name: "ready", Ahead: true},
		{Workload: "other", Name: "ready"}, {Name: "pool"}}}}
	for name, test := range map[string]struct {
		plan               plan.Plan
		model              string
		stays, startsAhead bool
	}{
		"a process per request":          {p, "cgi", false, false},
		"a pool":                         {p, "pool", true, true},
		"a variant with a pool":          {p, "ready", true, true},
		"a worker for one request":       {p, "recycle:1", true, true},
		"a worker for two":               {p, "recycle:2", true, false},
		"a resident process":             {p, "persistent", true, false},
		"an external server":             {p, "other", true, false},
		"a contender with a pool":        {suite, "ready", true, true},
		"a contender with another model": {suite, "pool", true, false},
	} {
		stays, ahead := test.plan.Stays(test.model), test.plan.StartsAhead(plan.TargetName{Model: test.model})
		if stays != test.stays || ahead != test.startsAhead {
			t.Errorf("%s: Stays = %t, StartsAhead = %t, want %t and %t", name, stays, ahead, test.stays, test.startsAhead)
		}
	}
}
