package bench

import (
	"net/http"
	"strconv"
	"time"
)

// A Phase is a part of the time of a request, as the server tells it.
type Phase int

// The phases, in the order in which they happen. A request has those that its model has: a resident handler only
// PhaseHandle, a CGI child all but PhaseChild. They do not overlap, so their sum is what the server knows of a request.
const (
	PhaseWait     Phase = iota // for a slot, in the queue of the host
	PhaseSpawn                 // clone and exec, until the host knows that the program is executing
	PhaseStart                 // loader, language runtime, package initialisation, to the first statement of main
	PhaseOpen                  // making the application's state: parsing templates, reading configuration
	PhaseConnect               // opening databases
	PhaseHandle                // the handler itself
	PhaseChild                 // of a child that does not tell its inside: all from executing to the head of its answer
	PhaseTransfer              // from there until the host has the whole answer
	PhaseExit                  // closing what was opened; of a child, until it has been waited for
	phases
)

// Phases names them.
var Phases = [phases]string{"wait", "spawn", "start", "open", "connect", "handle", "child", "transfer", "exit"}

func (p Phase) String() string { return Phases[p] }

// A Timing holds how long each phase took, in nanoseconds; zero is a phase that there was not. An array of uint32 (at
// most 4.29 s, longer ones are cut) keeps an observation small and the engine free of allocations.
type Timing [phases]uint32

// Add adds d, which counts as nothing if it is negative, to a phase.
func (t *Timing) Add(p Phase, d time.Duration) {
	const longest = 1<<32 - 1
	t[p] = uint32(min(int64(t[p])+max(int64(d), 0), longest))
}

// Sum is how long all phases took together.
func (t Timing) Sum() time.Duration {
	var sum time.Duration
	for _, ns := range t {
		sum += time.Duration(ns)
	}
	return sum
}

// AppendHeader appends the value of a Server-Timing header (W3C Server Timing): durations in milliseconds, to the
// nanosecond, of the phases that there were.
func (t Timing) AppendHeader(b []byte) []byte {
	for p, ns := range t {
		if ns == 0 {
			continue
		}
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		b = append(append(b, Phases[p]...), ";dur="...)
		b = strconv.AppendUint(b, uint64(ns)/1e6, 10)
		point := len(b)
		b = strconv.AppendUint(b, 1e6+uint64(ns)%1e6, 10) // a one, and the six digits
		b[point] = '.'
	}
	return b
}

// A Timer is a ResponseWriter that wants to know how long the phases of its request took.
type Timer interface {
	Took(p Phase, d time.Duration)
}

// TimerOf returns w as a Timer, or nil if it is none.
func TimerOf(w http.ResponseWriter) Timer {
	t, _ := w.(Timer)
	return t
}
