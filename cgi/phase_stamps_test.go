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

// A timedRecorder is a ResponseWriter that wants to know the phases.
type timedRecorder struct {
	*httptest.ResponseRecorder
	took map[contract.Phase]time.Duration
}

var _ contract.PhaseRecorder = timedRecorder{}

func (r timedRecorder) RecordPhase(p contract.Phase, d time.Duration) { r.took[p] += d }

// timed asks h, and returns the phases, and how long it all took.
func timed(h *cgi.Host, target string) (w timedRecorder, all time.Duration) {
	w = timedRecorder{httptest.NewRecorder(), map[contract.Phase]time.Duration{}}
	begin := time.Now()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
	return w, time.Since(begin)
}

// present lists the phases that took any time, but for close: of a child that has nothing to close it is over, or not,
// when its host notices the answer.
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

// A child of our own tells its inside. The phases add up to the time that the host took, however slow the machine is.
func TestPhasesOfOwnChild(t *testing.T) {
	w, all := timed(&cgi.Host{Path: self(t), Dir: "/", Env: childEnv(), Reports: true}, "/hello")
	want := []string{"wait", "spawn", "start", "open", "connect", "handle", "transfer", "exit"}
	if diff := cmp.Diff(want, w.present()); diff != "" {
		t.Errorf("phases (-want +got):\n%s", diff)
	}
	if sum := w.sum(); sum <= 0 || sum > all {
		t.Errorf("the phases took %v together, want more than nothing and no more than the %v of the request", sum, all)
	}
}

// What a child takes to close its connections is no part of its end, if it is what the host waits for.
func TestPhaseClose(t *testing.T) {
	const takes = 20 * time.Millisecond
	host := &cgi.Host{Path: self(t), Dir: "/", Env: childEnv(closeTakes + "=" + takes.String()), Reports: true}
	w, _ := timed(host, "/hello")
	if w.Body.String() != "hello" || w.took[contract.PhaseClose] < takes/2 || w.took[contract.PhaseExit] <= 0 {
		t.Errorf("answer %q, phases %v; want hello, %v to close and some time to exit", w.Body, w.took, takes)
	}
	plain, _ := timed(shell(`printf 'Content-Type: text/plain\n\nhello'`), "/")
	if took, told := plain.took[contract.PhaseClose]; told && took > 0 {
		t.Errorf("close took %v of a child that says nothing of it, want 0", took)
	}
}

// Of any other child the host knows what it sees.
func TestPhasesOfForeignChild(t *testing.T) {
	check := func(script string, want []string, atLeast map[contract.Phase]time.Duration) {
		t.Helper()
		w, all := timed(shell(script), "/")
		if diff := cmp.Diff(want, w.present()); diff != "" {
			t.Errorf("%s: phases (-want +got):\n%s", script, diff)
		}
		for p, least := range atLeast {
			if w.took[p] < least {
				t.Errorf("%s: %v took %v, want %v at the least", script, p, w.took[p], least)
			}
		}
		if w.sum() > all {
			t.Errorf("%s: the phases took %v together, more than the %v of the request", script, w.sum(), all)
		}
	}
	const head = `printf 'Content-Type: text/plain\n\n'; `
	outside := []string{"wait", "spawn", "child", "transfer", "exit"}
	// Each sleep is half a tenth longer than its phase must be at the least: a busy host sees a child begin, or write,
	// late.
	check(`sleep 0.15; `+head+`sleep 0.25; echo body; sleep 0.35`, outside, map[contract.Phase]time.Duration{
		contract.PhaseChild: 100 * time.Millisecond, contract.PhaseTransfer: 200 * time.Millisecond,
		contract.PhaseExit: 300 * time.Millisecond})
	check(`sleep 0.15; `+head, []string{"wait", "spawn", "child", "exit"}, nil) // without a body there is nothing to transfer
	check(`sleep 0.15; echo broken`, []string{"wait", "spawn", "child", "exit"}, map[contract.Phase]time.Duration{
		contract.PhaseChild: 100 * time.Millisecond}) // the head is then the host's own
}

// What a foreign child says of its inside is believed: it goes to the client in the child's own header, and is taken
// off.
func TestPhasesThatAChildTells(t *testing.T) {
	w, _ := timed(shell(`sleep 0.2; printf 'Content-Type: text/plain\nServer-Timing: db;dur=9, handle;dur=150\n\nhi'`), "/")
	if got := w.Header().Get("Server-Timing"); got != "db;dur=9, handle;dur=150" {
		t.Errorf("the client gets the Server-Timing %q, want the child's", got)
	}
	// Of the 50 that are left, spawn has what passed until the host was told that the child executes.
	if child := w.took[contract.PhaseChild]; child+w.took[contract.PhaseSpawn] < 50*time.Millisecond || w.took[contract.PhaseHandle] != 0 {
		t.Errorf("phases %v; want child to lack the 150 of 200 ms that it says it handled", w.took)
	}
	whole, _ := timed(shell(`sleep 0.2; printf 'Content-Type: text/plain\nServer-Timing: handle;dur=99999\n\nhi'`), "/")
	if child := whole.took[contract.PhaseChild]; child != 0 {
		t.Errorf("child = %v of one that says it took longer than it did, want 0", child)
	}
}
