package cgi_test

import (
	"fmt"
	"testing"

	"forktax/workload/contract"
)

// Who looks sees the children that have ended, by their numbers.
func TestChildrenAreSeen(t *testing.T) {
	h := shell(`printf 'Content-Type: text/plain\n\n%s' $$`)
	if seen := h.Children(); len(seen) != 0 {
		t.Errorf("before any request there are %v", seen)
	}
	begin := contract.Now()
	w, _ := timed(h, "/")
	seen := h.Children()
	if len(seen) != 1 || fmt.Sprint(seen[0].PID) != w.Body.String() || seen[0].BeganNS < begin ||
		seen[0].EndedNS <= seen[0].BeganNS || seen[0].EndedNS > contract.Now() {
		t.Errorf("after the child %s Children() = %+v", w.Body, seen)
	}
}
