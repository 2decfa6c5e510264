package contract

import (
	"net/http"
	"time"
)

// A Phase is a part of the time of a request, as the server tells it.
type Phase int

// The phases, in the order in which they happen. A request has those that its model has: a resident handler only
// PhaseHandle, a CGI child all but PhaseChild. They do not overlap. All but the first and the last are the server's to
// tell; these two the client works out, if it is on the same machine, from the server's clock and its own.
const (
	PhaseArrive   Phase = iota // from sending until the server has the request: network, wake-up, HTTP
	PhaseWait                  // for a slot, in the queue of the host
	PhaseSpawn                 // clone and exec, until the host knows that the program is executing
	PhaseStart                 // loader, language runtime, package initialisation, to the first statement of main
	PhaseOpen                  // making the application's state: parsing templates, reading configuration
	PhaseConnect               // opening databases
	PhaseHandle                // the handler itself
	PhaseChild                 // of a child that does not tell its inside: all from executing to the head of its answer
	PhaseTransfer              // from there until the host has the whole answer
	PhaseClose                 // closing what was connected, or as much of it as comes after that
	PhaseExit                  // of a child, until it has been waited for
	PhaseReturn                // until the client has the answer: HTTP, network, wake-up
	NumPhases
)

// Phases names them.
var Phases = [NumPhases]string{"arrive", "wait", "spawn", "start", "open", "connect", "handle", "child", "transfer",
	"close", "exit", "return"}

func (p Phase) String() string { return Phases[p] }

// A Timing holds how long each phase took, in nanoseconds; zero is a phase that there was not. An array of uint32 (at
// most 4.29 s, longer ones are cut) keeps an observation small and the engine free of allocations.
type Timing [NumPhases]uint32

// Add adds d, which counts as nothing if it is negative, to a phase.
func (t *Timing) Add(p Phase, d time.Duration) {
	const longest = 1<<32 - 1
	t[p] = uint32(min(int64(t[p])+max(int64(d), 0), longest))
}

// Served is how long those took together that the server tells.
func (t Timing) Served() time.Duration {
	return t.Sum() - time.Duration(t[PhaseArrive]) - time.Duration(t[PhaseReturn])
}

// Sum is how long all phases took together.
func (t Timing) Sum() time.Duration {
	var sum time.Duration
	for _, ns := range t {
		sum += time.Duration(ns)
	}
	return sum
}

// A PhaseRecorder is a ResponseWriter that wants to know how long the phases of its request took.
type PhaseRecorder interface {
	RecordPhase(p Phase, d time.Duration)
}

// PhaseRecorderOf returns w as a PhaseRecorder, or nil if it is not one.
func PhaseRecorderOf(w http.ResponseWriter) PhaseRecorder {
	t, _ := w.(PhaseRecorder)
	return t
}
