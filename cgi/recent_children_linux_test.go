package cgi_test

import (
	"fmt"
	"testing"

	"forktax/workload/contract"
)

// Children returns exited children with their PIDs.
func TestChildren(t *testing.T) {
	h := shell(`printf 'Content-Type: text/plain\n\n%s' $$`)
	if seen := h.Children(); len(seen) != 0 {
		t.Errorf("Children() = %v before any request, want none", seen)
	}
	begin := contract.Now()
	w, _ := timed(h, "/")
	seen := h.Children()
	if len(seen) != 1 || fmt.Sprint(seen[0].PID) != w.Body.String() || seen[0].BeganNS < begin ||
		seen[0].EndedNS <= seen[0].BeganNS || seen[0].EndedNS > contract.Now() {
		t.Errorf("Children() = %+v, want one child with PID %s that has ended", seen, w.Body)
	}
}
