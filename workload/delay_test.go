package workload_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"forktax/workload"
	"forktax/workload/contract"
	"forktax/workload/probes"
)

// The delay is a share of the time of the previous request without its delay, and it uses CPU time. The first request
// is not delayed.
func TestDelay(t *testing.T) {
	const work = 20 * time.Millisecond
	w := sample
	w.Open = workload.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(work) }))
	t.Setenv(contract.EnvDelay, "3")
	s := start(t, w, "persistent")
	s.timingOf(t, "/")
	before := s.usage(t).SelfCPUNS
	least := time.Hour
	for i := range 5 {
		timing, _ := s.timingOf(t, "/")
		took := time.Duration(timing[contract.PhaseHandle])
		if took < 4*work {
			t.Errorf("a response took %v, want %v of work and a delay of three times that", took, work)
		}
		if i > 0 {
			least = min(least, took)
		}
	}
	// If delays counted, the third request would take 20 + 3*(20 + 3*20) = 260 ms, and each one more than the previous.
	if least > 10*work {
		t.Errorf("the fastest response took %v, want about %v", least, 4*work)
	}
	if spent := time.Duration(s.usage(t).SelfCPUNS - before); spent < work {
		t.Errorf("5 delays of %v took %v of CPU time, want at least %v", 3*work, spent, work)
	}
}

// The host delays a child by a share of its total time.
func TestDelayOfChildren(t *testing.T) {
	for _, share := range []string{"", "10"} {
		s := startProgram(t, "cgi", contract.EnvDelay+"="+share)
		s.timingOf(t, probes.Path("a small body"))
		delays := 0
		for range 5 {
			timing, took := s.timingOf(t, probes.Path("a small body"))
			if took > 4*timing.Served() { // Served is 1/11 of it with a delay, and most of it without
				delays++
			}
		}
		if (delays > 2) != (share != "") {
			t.Errorf("share %q: %d of 5 responses took more than 4 times as long as their phases", share, delays)
		}
	}
}

func TestInvalidDelay(t *testing.T) {
	for _, share := range []string{"0", "-0.1", "10.1", "ten", "NaN", "10%", "Inf"} {
		t.Setenv(contract.EnvDelay, share)
		var out, stderr bytes.Buffer
		code := workload.Run(t.Context(), sample, []string{"serve"}, strings.NewReader(""), &out, &stderr)
		if code != 1 || out.Len() > 0 || !strings.Contains(stderr.String(), `FORKTAX_DELAY "`+share+`"`) {
			t.Errorf("%s: status %d, output %q, message %q; want 1, none, the variable", share, code, &out, &stderr)
		}
	}
}
