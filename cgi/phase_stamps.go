package cgi

import (
	"forktax/cgi/child"
	"forktax/workload/contract"
)

// phaseStamps holds the host's timestamps of a request, readings of contract.Now. With the child's timestamps they
// yield the phases of the request.
type phaseStamps struct {
	recorder  contract.PhaseRecorder // nil if the phases are not wanted
	arrived   int64                  // when the request arrived at the host
	begun     int64                  // just before its child was started
	executing int64                  // when the child executed its program
}

// record records the phases of a request whose child has been waited for. Each phase ends where the next begins, so
// they add up to the time from the request's arrival until now. A child that does not report timestamps has one phase,
// from its exec to its response header, less the phases of its own Server-Timing, which the client gets unchanged.
func (t *phaseStamps) record(rep *child.Report, a responseStamps) {
	if t.recorder == nil {
		return
	}
	phases := contract.PhaseSequence{Recorder: t.recorder, At: t.arrived}
	until := phases.Until
	until(contract.PhaseWait, t.begun)
	if rep.MainReached > 0 {
		// the host may wake later than the child reaches main
		until(contract.PhaseSpawn, min(t.executing, rep.MainReached))
		until(contract.PhaseStart, rep.MainReached)
		until(contract.PhaseOpen, rep.Opened)
		until(contract.PhaseConnect, rep.Connected)
		until(contract.PhaseHandle, rep.Handled)
	} else {
		until(contract.PhaseSpawn, min(t.executing, a.head))
		phases.At += int64(a.own.Served())
		until(contract.PhaseChild, a.head)
	}
	until(contract.PhaseTransfer, a.last)
	until(contract.PhaseClose, rep.Closed) // may be before the host woke up to read the response
	until(contract.PhaseExit, contract.Now())
}
