package process_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/process"
)

func TestKinds(t *testing.T) {
	check := func(lines []string, most int, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, process.DedupLog(lines, most)); diff != "" {
			t.Errorf("DedupLog(%q, %d) (-want +got):\n%s", lines, most, diff)
		}
	}
	check(nil, 3)
	check([]string{"no coffee", "no tea", "no coffee"}, 3, "no coffee", "no tea")
	check([]string{"port 1", "port 65535", "port 12 of 13", "port x"}, 9, "port 1", "port 12 of 13", "port x")
	check([]string{"1", "23", "a1b", "a1", "4 5"}, 9, "1", "a1b", "a1", "4 5")
	check([]string{"a", "b", "c"}, 2, "a", "b")
}
