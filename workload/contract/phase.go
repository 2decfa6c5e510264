package contract

import (
	"net/http"
	"time"
)

// A Phase is a part of the time of a request.
type Phase int

// The phases of a request, in their order. They do not overlap. The model decides which of them a request has: a
// long-running handler has only PhaseHandle, a CGI child all except PhaseChild.
//
// The server reports all phases except PhaseArrive and PhaseReturn. The client computes these two from the server's
// timestamps and its own, if both are on the same machine.
const (
	PhaseArrive   Phase = iota // time from sending the request until the server has it: network, wake-up, HTTP
	PhaseWait                  // waiting for a slot of the host
	PhaseSpawn                 // clone and exec, until the host notices that the program executes
	PhaseStart                 // loader, language runtime and package initialization, up to the first statement of main
	PhaseOpen                  // initializing the program's state: parsing templates, reading configuration
	PhaseConnect               // opening connections to databases
	PhaseHandle                // the handler
	PhaseChild                 // time from exec to the response header of a child that does not report its phases
	PhaseTransfer              // time from the response header until the host has the complete response
	PhaseClose                 // closing connections, or the part of it after PhaseTransfer
	PhaseExit                  // time until the child has been waited for
	PhaseReturn                // time until the client has the response: HTTP, network, wake-up
	NumPhases
)

// Phases are the names of the phases, by Phase.
var Phases = [NumPhases]string{"arrive", "wait", "spawn", "start", "open", "connect", "handle", "child", "transfer",
	"close", "exit", "return"}

// String returns the name of the phase.
func (p Phase) String() string { return Phases[p] }

// About returns a one-line description of the phase for users.
func (p Phase) About() string { return aboutPhase[p] }

var aboutPhase = [NumPhases]string{
	PhaseArrive:   "network and HTTP, until the server has the request",
	PhaseWait:     "waiting for a free slot of the CGI host",
	PhaseSpawn:    "clone and exec of the new process",
	PhaseStart:    "dynamic loader and language runtime, up to the first statement of main",
	PhaseOpen:     "initialising the program's own state",
	PhaseConnect:  "connecting to databases and directories",
	PhaseHandle:   "the handler: the work itself",
	PhaseChild:    "everything inside a child process that does not report its phases",
	PhaseTransfer: "until the host has the complete response",
	PhaseClose:    "closing connections",
	PhaseExit:     "until the process has exited and its parent has waited for it",
	PhaseReturn:   "HTTP and network, until the client has the response",
}

// A Timing holds the durations of the phases in nanoseconds, indexed by Phase. Zero means that there was no such phase.
// The elements are uint32 to keep an observation small and free of allocations; durations are limited to 4.29 s.
type Timing [NumPhases]uint32

// Add adds d to a phase. A negative d counts as 0, and a sum above the limit as the limit.
func (t *Timing) Add(p Phase, d time.Duration) {
	const longest = 1<<32 - 1
	t[p] = uint32(min(int64(t[p])+max(int64(d), 0), longest))
}

// Served returns the sum of the phases that the server reports.
func (t Timing) Served() time.Duration {
	return t.Sum() - time.Duration(t[PhaseArrive]) - time.Duration(t[PhaseReturn])
}

// Sum returns the sum of all phases.
func (t Timing) Sum() time.Duration {
	var sum time.Duration
	for _, ns := range t {
		sum += time.Duration(ns)
	}
	return sum
}

// A PhaseRecorder is an [http.ResponseWriter] that records the phases of its request.
type PhaseRecorder interface {
	// RecordPhase adds d to a phase. It is called by the goroutine of the request, before the handler returns.
	RecordPhase(p Phase, d time.Duration)
}

// A PhaseSequence records phases of a request, of which each begins where the last one has ended.
type PhaseSequence struct {
	Recorder PhaseRecorder
	At       int64 // end of the last phase, by [Now]
}

// Until records a phase that ends at a reading of [Now]. If the last phase ends later, this one has no length.
func (s *PhaseSequence) Until(p Phase, end int64) {
	if end > s.At {
		s.Recorder.RecordPhase(p, time.Duration(end-s.At))
		s.At = end
	}
}

// PhaseRecorderOf returns w as a PhaseRecorder, or nil if it is not one.
func PhaseRecorderOf(w http.ResponseWriter) PhaseRecorder {
	t, _ := w.(PhaseRecorder)
	return t
}
