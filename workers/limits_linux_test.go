package workers_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"forktax/workers"
	"forktax/workload/contract"
)

// The resource limits of a child hold in workers, and in the process behind a proxy.
func TestResourceLimits(t *testing.T) {
	limits := contract.ChildLimits{CPU: 7 * time.Second, Memory: 64 << 30, Processes: 12_345}
	check := func(what string, pid int) {
		t.Helper()
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(strings.Fields(string(text)), " ")
		for _, want := range []string{"Max cpu time 7 7 seconds", "Max processes 12345 12345 processes",
			"Max address space 68719476736 68719476736 bytes"} {
			if !strings.Contains(got, want) {
				t.Errorf("%s has not the limit %q:\n%s", what, want, text)
			}
		}
	}
	s := start(t, func(h *workers.Host) { h.Limits = limits })
	pid, _ := s.served(t)
	check("a worker", pid)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &workers.Proxy{Path: self, Dir: t.TempDir(), Limits: limits}
	if err := p.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}()
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/pid", nil))
	if _, err := fmt.Sscan(w.Body.String(), &pid); err != nil {
		t.Fatalf("%q: %v", w.Body, err)
	}
	check("the process behind a proxy", pid)
}
