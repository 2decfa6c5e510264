//go:build slow

package workers_test

import (
	"net/http"
	"testing"

	"forktax/workers"
	"forktax/workload/contract"
)

// A worker that leaks ends at the limit of its memory. That costs the request that it served, and no other. Under the
// race detector a process needs more address space than any limit, so that this is a slow test.
func TestWorkerLeaks(t *testing.T) {
	s := start(t, func(h *workers.Host) { h.Workers, h.Limits = 1, contract.ChildLimits{Memory: 3 << 30} })
	const most = 200 // far more than fit in the limit
	failed, dead := 0, 0
	for range 3 {
		pid, _ := s.served(t)
		n := 0
		for ; n < most; n++ {
			if status, body := s.get(t, "/leak"); status == http.StatusBadGateway {
				failed++
				break
			} else if status != http.StatusOK {
				t.Fatalf("GET /leak = %d %q, want 200 or 502; log:\n%s", status, body, s.log)
			}
		}
		if after, _ := s.served(t); n > 1 && n < most && after != pid {
			dead++
		}
	}
	if got := s.Stats().Failed; failed != 3 || dead != 3 || got != 3 {
		t.Errorf("%d requests failed, %d workers were replaced, and %d are counted, want 3 of each; log:\n%.2000s", failed,
			dead, got, s.log)
	}
}
