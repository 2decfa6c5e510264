package load_test

import (
	"fmt"
	"net/http"
	"testing"

	"forktax/bench/load"
	"forktax/workload/contract"
)

// The network times of a request are known only if the server uses this machine's clock.
func TestEpollClocks(t *testing.T) {
	tests := map[string]struct {
		offset     int64 // offset of the server's clock, in nanoseconds
		otherClock bool
		ways       bool // the network times are known
	}{
		"this machine's":                       {0, false, true},
		"other machine's":                      {3_600e9, true, false},
		"other machine's, correct by accident": {0, true, false},
		"other machine's, not declared":        {-3_600e9, false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			url, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) {
				now := contract.Now() + test.offset
				w.Header().Set("Server-Timing", fmt.Sprintf(`handle;dur=0.25, clock;desc="%d %d"`, now, now))
				helloHandler(w, nil)
			})
			v := clients(url, 1, 5)
			v.OtherClock = test.otherClock
			for _, o := range run(t, &load.Epoll{}, v) {
				ways := o.Timing[contract.PhaseArrive] > 0 && o.Timing[contract.PhaseReturn] > 0
				if o.Timing[contract.PhaseHandle] != 250_000 || ways != test.ways {
					t.Errorf("the phases are %v, want 250 µs of handle, and network times: %t", o.Timing, test.ways)
				}
			}
		})
	}
}
