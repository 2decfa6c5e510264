package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/plan"
)

// The levels are derived from the resources that the models reuse.
func TestRungs(t *testing.T) {
	want := []plan.Level{{"persistent", ""}, {"reconnect", "connection"}, {"reload", "state"}, {"cgi", "process"}}
	if diff := cmp.Diff(want, plan.Levels); diff != "" {
		t.Errorf("Levels (-want +got):\n%s", diff)
	}
	for model, want := range map[string]bool{
		"persistent": false, "reconnect": true, "reload": true, "cgi": false, "other": false,
	} {
		if got := plan.IsIntermediate(model); got != want {
			t.Errorf("IsIntermediate(%q) = %t, want %t", model, got, want)
		}
	}
}
