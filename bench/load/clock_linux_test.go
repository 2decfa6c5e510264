package load_test

import (
	"fmt"
	"net/http"
	"testing"

	"forktax/bench/load"
	"forktax/workload/contract"
)

// The way there and back is known only if the server's clock is that of this machine.
func TestEpollClocks(t *testing.T) {
	tests := map[string]struct {
		offset     int64 // of the server's clock, in nanoseconds
		otherClock bool
		ways       bool // are known
	}{
		"this machine's":                        {0, false, true},
		"another one's":                         {3_600e9, true, false},
		"another one's, which is right by luck": {0, true, false},
		"another one's, and it is not known":    {-3_600e9, false, false},
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
					t.Errorf("the phases are %v, want 250 µs of handle, and the ways there and back: %t", o.Timing, test.ways)
				}
			}
		})
	}
}
