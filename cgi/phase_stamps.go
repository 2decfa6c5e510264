package cgi

import (
	"time"

	"forktax/workload/contract"
)

// phaseStamps are the stamps of the host from which, with those of the child, the phases of a request are made, all
// readings of contract.Now.
type phaseStamps struct {
	recorder contract.PhaseRecorder // nil if the phases are not wanted
	arrived  int64                  // the request, at the host
	begun    int64                  // its child, which is about to be started
}

// record records the phases of a child that has been waited for, until this very moment. Each ends where the next
// begins, so they add up to the time between the request's arrival and now. A child that says nothing of its inside has
// one phase from executing to the head of its answer, less what its own Server-Timing tells, which goes to the client
// as it is.
func (t *phaseStamps) record(child *stderr, a *hostResponse) {
	if t.recorder == nil {
		return
	}
	at := t.arrived
	until := func(p contract.Phase, stamp int64) {
		stamp = max(stamp, at) // one that is missing, or came late, leaves its phase without time
		t.recorder.RecordPhase(p, time.Duration(stamp-at))
		at = stamp
	}
	until(contract.PhaseWait, t.begun)
	if rep := child.report; rep.mainReached > 0 {
		until(contract.PhaseSpawn, min(child.executing, rep.mainReached)) // the host may be slower to wake than the child to start
		until(contract.PhaseStart, rep.mainReached)
		until(contract.PhaseOpen, rep.opened)
		until(contract.PhaseConnect, rep.connected)
		until(contract.PhaseHandle, rep.handled)
	} else {
		until(contract.PhaseSpawn, min(child.executing, a.head))
		at += int64(a.childTiming.Served())
		until(contract.PhaseChild, a.head)
	}
	until(contract.PhaseTransfer, a.last)
	until(contract.PhaseClose, child.report.closed) // may be over before the host has woken to the answer
	until(contract.PhaseExit, contract.Now())
}
