package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/plan"
)

// The rungs of the ladder follow from what the models keep.
func TestRungs(t *testing.T) {
	want := []plan.Rung{{"persistent", ""}, {"reconnect", "connection"}, {"reload", "state"}, {"cgi", "process"}}
	if diff := cmp.Diff(want, plan.Rungs); diff != "" {
		t.Errorf("Rungs (-want +got):\n%s", diff)
	}
	for model, want := range map[string]bool{"persistent": false, "reconnect": true, "reload": true, "cgi": false, "other": false} {
		if got := plan.IsIntermediate(model); got != want {
			t.Errorf("IsIntermediate(%q) = %t, want %t", model, got, want)
		}
	}
}
