package workload_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/workload"
	"forktax/workload/contract"
	"forktax/workload/probes"
)

// phasesOf returns the phases of a model's requests, except phase close of a child, which may end before the host
// notices the response.
func phasesOf(model string) []string {
	switch m, _ := contract.ModelNamed(model); {
	case m.Host == contract.HostWorkers:
		return []string{"wait", "handle", "child", "transfer"}
	case m.Host == contract.HostProxy:
		return []string{"child", "transfer"}
	case m.Process != contract.Kept:
		return []string{"wait", "spawn", "start", "open", "connect", "handle", "transfer", "exit"}
	case m.Connection != contract.Kept:
		return []string{"open", "connect", "handle", "close"}
	default:
		return []string{"handle"}
	}
}

// timingOf sends a GET, and returns the phases in its response and the response time.
func (s *server) timingOf(t *testing.T, path string) (timing contract.Timing, took time.Duration) {
	t.Helper()
	var reported contract.ServerTiming
	begin := contract.Now()
	resp, err := s.client.Get(s.url + path)
	end := contract.Now()
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	for _, value := range resp.Header["Server-Timing"] {
		reported.AddHeader([]byte(value))
	}
	if reported.Arrived != 0 && (reported.Arrived < begin || reported.Answered > end) {
		t.Errorf("Arrived = %d, Answered = %d, want both between %d and %d", reported.Arrived, reported.Answered, begin, end)
	}
	return reported.Timing, time.Duration(end - begin)
}

func names(timing contract.Timing) (names []string) {
	for p, ns := range timing {
		if ns > 0 {
			names = append(names, contract.Phases[p])
		}
	}
	return names
}

// A response that is not flushed has all phases of its request, and they do not overlap.
func TestPhases(t *testing.T) {
	for _, model := range models(t) {
		t.Run(model, func(t *testing.T) {
			s := start(t, sample, model)
			for _, probe := range []string{"a small body", "a body of 1500 bytes", "no content"} {
				timing, took := s.timingOf(t, probes.Path(probe))
				if m, _ := contract.ModelNamed(model); m.Process != contract.Kept {
					timing[contract.PhaseExit] += timing[contract.PhaseClose]
					timing[contract.PhaseClose] = 0
				}
				if diff := cmp.Diff(phasesOf(model), names(timing)); diff != "" {
					t.Errorf("%s: phases (-want +got):\n%s", probe, diff)
				}
				if timing.Sum() > took {
					t.Errorf("%s: sum of the phases = %v, want at most the response time %v", probe, timing.Sum(), took)
				}
			}
		})
	}
}

// A flushed response has the phases that had ended before the flush.
func TestPhasesOfFlushedResponse(t *testing.T) {
	for _, model := range models(t) {
		t.Run(model, func(t *testing.T) {
			s := start(t, sample, model)
			timing, _ := s.timingOf(t, "/stream?until=/dev/null")
			for _, late := range []contract.Phase{
				contract.PhaseHandle, contract.PhaseTransfer, contract.PhaseClose, contract.PhaseExit} {
				if timing[late] != 0 {
					t.Errorf("%v = %d ns in a header sent before its end, want 0", late, timing[late])
				}
			}
		})
	}
}

// With phases off, none are reported, and the responses are the same.
func TestPhasesOff(t *testing.T) {
	for _, model := range models(t) {
		t.Run(model, func(t *testing.T) {
			s := startProgram(t, model, contract.EnvPhases+"=off")
			if timing, _ := s.timingOf(t, probes.Path("a small body")); timing != (contract.Timing{}) {
				t.Errorf("phases %v, want none", names(timing))
			}
			got, err := s.ask("a small body")
			if diff := cmp.Diff(probes.All["a small body"].Want, got); err != nil || diff != "" {
				t.Errorf("%v; response (-want +got):\n%s", err, diff)
			}
		})
	}
}

// The metrics have a histogram of each phase with all requests.
func TestPhasesAreCounted(t *testing.T) {
	t.Setenv(contract.EnvExporter, exporter(t, `printf 'Content-Type: text/x-metrics\n\n'; cat`))
	for _, model := range models(t) {
		t.Run(model, func(t *testing.T) {
			s := start(t, sample, model)
			const requests = 3
			for range requests {
				s.timingOf(t, probes.Path("a small body"))
			}
			counts := map[string]int64{}
			for phase, d := range s.snapshot(t).Phases {
				for _, n := range d.Buckets {
					counts[phase] += n
				}
			}
			if m, _ := contract.ModelNamed(model); m.Process != contract.Kept {
				delete(counts, "close")
			}
			want := map[string]int64{}
			for _, phase := range phasesOf(model) {
				want[phase] = requests
			}
			if n, ok := counts["start"]; ok && n < requests { // 0 if the host wakes up after the child has started
				want["start"] = n
			}
			if diff := cmp.Diff(want, counts); diff != "" {
				t.Errorf("requests by phase (-want +got):\n%s", diff)
			}
		})
	}
}

// A Server-Timing header of the handler is kept.
func TestServerTimingOfHandler(t *testing.T) {
	w := sample
	w.Open = workload.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server-Timing", "cache;desc=hit")
	}))
	resp, err := http.Get(start(t, w, "persistent").url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	values := resp.Header["Server-Timing"]
	if len(values) != 2 || values[0] != "cache;desc=hit" || !strings.HasPrefix(values[1], "handle;dur=") {
		t.Errorf("Server-Timing = %q, want that of the handler and then the phase handle", values)
	}
}
