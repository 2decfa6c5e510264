package workload_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"forktax/workload"
	"forktax/workload/contract"
)

// The share is of what the answer before took without its own delay, in processor time as well. The first one has
// nothing to be a share of.
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
			t.Errorf("an answer took %v, want %v of work and three times that of delay", took, work)
		}
		if i > 0 {
			least = min(least, took)
		}
	}
	// If its delay counted, the third would take 20 + 3*(20 + 3*20) = 260 ms, and each one more than the one before.
	if least > 10*work {
		t.Errorf("the quickest answer took %v: its delay is no share of the work, which is %v", least, work)
	}
	if spent := time.Duration(s.usage(t).SelfCPUNS - before); spent < work {
		t.Errorf("5 delays of %v took %v of processor time: they do not spin", 3*work, spent)
	}
}

// A child is delayed by its host, for a share of its whole life.
func TestDelayOfChildren(t *testing.T) {
	for _, share := range []string{"", "10"} {
		s := startProgram(t, "cgi", contract.EnvDelay+"="+share)
		s.timingOf(t, probePath("a small body"))
		delays := 0
		for range 5 {
			timing, took := s.timingOf(t, probePath("a small body"))
			if took > 4*timing.Served() { // a tenth of it, or all but the way there and back
				delays++
			}
		}
		if (delays > 2) != (share != "") {
			t.Errorf("share %q: %d of 5 answers took more than four times as long as their phases", share, delays)
		}
	}
}

func TestDelayThatIsNone(t *testing.T) {
	for _, share := range []string{"0", "-0.1", "10.1", "ten", "NaN", "10%", "Inf"} {
		t.Setenv(contract.EnvDelay, share)
		var out, complaint bytes.Buffer
		code := workload.Run(t.Context(), sample, []string{"serve"}, strings.NewReader(""), &out, &complaint)
		if code != 1 || out.Len() > 0 || !strings.Contains(complaint.String(), `FORKTAX_DELAY "`+share+`"`) {
			t.Errorf("%s: status %d, says %q and %q; want 1 and what is wrong", share, code, &out, &complaint)
		}
	}
}
