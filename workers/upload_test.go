package workers_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"forktax/workers"
	"forktax/workload/contract"
)

// A worker whose response is refused while its request is still sent is replaced, and keeps no other request waiting.
func TestResponseRefusedUnderABody(t *testing.T) {
	s := start(t, func(h *workers.Host) {
		h.Workers, h.Limits = 1, contract.ChildLimits{Response: 50_000, ResponseHeader: 10_000}
	})
	for _, path := range []string{"/body?10000000", "/header?20000", "/copy"} {
		resp, err := http.Post(s.url+path, "text/plain", strings.NewReader(strings.Repeat("x", 4_000_000)))
		if err == nil {
			if status, body := read(resp); status == http.StatusOK && len(body) > 50_000 {
				t.Errorf("POST %s = 200 with %d bytes, want an error", path, len(body))
			}
		}
		s.served(t)
	}
}

// A handler that responds while it reads gets all of the body, and the connection serves the next request.
func TestResponseBeforeEndOfBody(t *testing.T) {
	s := start(t, nil)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for _, n := range []int{70_000, 100_000, 1 << 20, 5 << 20} {
		for _, length := range []string{"known", "unknown"} {
			var body bytes.Buffer
			for i := 0; body.Len() < n; i++ {
				fmt.Fprintln(&body, i)
			}
			want := body.String()
			var from io.Reader = &body
			if length == "unknown" {
				from = struct{ io.Reader }{from}
			}
			resp, err := client.Post(s.url+"/copy", "text/plain", from)
			if err != nil {
				t.Fatal(err)
			}
			if status, got := read(resp); status != http.StatusOK || got != want {
				t.Errorf("POST of %d bytes, length %s: status %d, %d bytes; log:\n%s", len(want), length, status, len(got), s.log)
			}
		}
	}
	if got := s.Stats(); got.Started != 2 || got.Failed != 0 {
		t.Errorf("%+v, want 2 processes started and nothing failed; log:\n%s", got, s.log)
	}
}
