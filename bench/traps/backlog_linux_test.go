package traps_test

import (
	"strings"
	"testing"

	"forktax/bench/traps"
)

// By default, Python's socketserver listens with a backlog of 5.
func TestListenBacklogOfPython(t *testing.T) {
	for name, test := range map[string]struct {
		options []string
		clients int
		has     bool
	}{
		"the default":       {[]string{"whole"}, 16, true},
		"enough":            {[]string{"whole", "backlog=128"}, 16, false},
		"for these clients": {[]string{"whole"}, 4, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := python(t, test.options...)
			c.Clients = test.clients
			found := traps.Detect(t.Context(), c)
			trap := find(found, "listen-backlog")
			if got := trap != nil; got != test.has {
				t.Errorf("Detect = %v, want listen-backlog: %v", found, test.has)
			}
			if trap != nil && !strings.Contains(trap.Evidence, "of 16 connections opened at the same time took 1.") {
				t.Errorf("the evidence is %q", trap.Evidence)
			}
		})
	}
}
