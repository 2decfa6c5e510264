package cgi_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/cgi"
	"forktax/workload/contract"
)

// A timedRecorder is a ResponseWriter that records the phases.
type timedRecorder struct {
	*httptest.ResponseRecorder
	took map[contract.Phase]time.Duration
}

var _ contract.PhaseRecorder = timedRecorder{}

func (r timedRecorder) RecordPhase(p contract.Phase, d time.Duration) { r.took[p] += d }

// timed sends a request to h, and returns the response with its phases, and the total time.
func timed(h *cgi.Host, target string) (w timedRecorder, all time.Duration) {
	w = timedRecorder{httptest.NewRecorder(), map[contract.Phase]time.Duration{}}
	begin := time.Now()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w, time.Since(begin)
}

// present returns the phases longer than 0, except close. In a child that has nothing to close, close ends before or
// after the host notices the response.
func (r timedRecorder) present() (names []string) {
	for p := range contract.Phases {
		if r.took[contract.Phase(p)] > 0 && contract.Phase(p) != contract.PhaseClose {
			names = append(names, contract.Phases[p])
		}
	}
	return names
}

func (r timedRecorder) sum() (sum time.Duration) {
	for _, d := range r.took {
		sum += d
	}
	return sum
}

// A child of this package reports its timestamps. The phases add up to the time that the host took.
func TestPhasesOfOwnChild(t *testing.T) {
	w, all := timed(&cgi.Host{Path: self(t), Dir: "/", Env: childEnv(), Reports: true}, "/hello")
	want := []string{"wait", "spawn", "start", "open", "connect", "handle", "transfer", "exit"}
	if diff := cmp.Diff(want, w.present()); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	if sum := w.sum(); sum <= 0 || sum > all {
		t.Errorf("sum of the phases = %v, want more than 0 and at most the %v of the request", sum, all)
	}
}

// The time that a child takes to close its connections is in phase close, not in exit.
func TestPhaseClose(t *testing.T) {
	const takes = 20 * time.Millisecond
	host := &cgi.Host{Path: self(t), Dir: "/", Env: childEnv(closeTakes + "=" + takes.String()), Reports: true}
	w, _ := timed(host, "/hello")
	if w.Body.String() != "hello" || w.took[contract.PhaseClose] < takes/2 || w.took[contract.PhaseExit] <= 0 {
		t.Errorf("response %q, phases %v; want hello, close of %v and exit above 0", w.Body, w.took, takes)
	}
	plain, _ := timed(shell(`printf 'Content-Type: text/plain\n\nhello'`), "/")
	if took := plain.took[contract.PhaseClose]; took > 0 {
		t.Errorf("close = %v of a child that does not report it, want 0", took)
	}
}

// The phases of other children are those that the host observes.
func TestPhasesOfForeignChild(t *testing.T) {
	check := func(script string, want []string, atLeast map[contract.Phase]time.Duration) {
		t.Helper()
		w, all := timed(shell(script), "/")
		if diff := cmp.Diff(want, w.present()); diff != "" {
			t.Errorf("%s: phases (-want +got):\n%s", script, diff)
		}
		for p, least := range atLeast {
			if w.took[p] < least {
				t.Errorf("%s: %v took %v, want at least %v", script, p, w.took[p], least)
			}
		}
		if w.sum() > all {
			t.Errorf("%s: sum of the phases = %v, want at most the %v of the request", script, w.sum(), all)
		}
	}
	const head = `printf 'Content-Type: text/plain\n\n'; `
	outside := []string{"wait", "spawn", "child", "transfer", "exit"}
	// Each sleep is 50 ms longer than the smallest accepted phase, because a busy host notices events late.
	check(`sleep 0.15; `+head+`sleep 0.25; echo body; sleep 0.35`, outside, map[contract.Phase]time.Duration{
		contract.PhaseChild: 100 * time.Millisecond, contract.PhaseTransfer: 200 * time.Millisecond,
		contract.PhaseExit: 300 * time.Millisecond})
	check(`sleep 0.15; `+head, []string{"wait", "spawn", "child", "exit"}, nil) // no body, so no transfer
	check(`sleep 0.15; echo broken`, []string{"wait", "spawn", "child", "exit"}, map[contract.Phase]time.Duration{
		contract.PhaseChild: 100 * time.Millisecond}) // the header is the host's own
}

// The phases in the Server-Timing header of a child reach the client unchanged, and are subtracted from phase child.
func TestServerTimingOfChild(t *testing.T) {
	const timing = "db;dur=9, handle;dur=150"
	w, _ := timed(shell(`sleep 0.2; printf 'Content-Type: text/plain\nServer-Timing: `+timing+`\n\nhi'`), "/")
	if got := w.Header().Get("Server-Timing"); got != timing {
		t.Errorf("Server-Timing = %q, want %q", got, timing)
	}
	// Spawn has the part of the remaining 50 ms until the host noticed that the child executes.
	rest := w.took[contract.PhaseChild] + w.took[contract.PhaseSpawn]
	if rest < 50*time.Millisecond || w.took[contract.PhaseHandle] != 0 {
		t.Errorf("phases %v; want child of 200 ms less the 150 ms of handle, and handle of 0", w.took)
	}
	whole, _ := timed(shell(`sleep 0.2; printf 'Content-Type: text/plain\nServer-Timing: handle;dur=99999\n\nhi'`), "/")
	if child := whole.took[contract.PhaseChild]; child != 0 {
		t.Errorf("child = %v with a Server-Timing longer than its lifetime, want 0", child)
	}
}
