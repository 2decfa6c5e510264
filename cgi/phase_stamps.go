package cgi

import (
	"time"

	"forktax/workload/contract"
)

// A stopwatch makes the phases of a request from stamps of the host and of the child, all readings of contract.Now.
type phaseStamps struct {
	recorder contract.PhaseRecorder // who wants to know; nil if nobody does
	arrived  int64                  // the request, at the host
	begun    int64                  // its child, which is about to be started
}

// record reports the phases of a child that has been waited for, until this very moment. Each ends where the next begins,
// so they add up to the time between the request's arrival and now. A child that says nothing of its inside has one phase
// from executing to the head of its answer, less what its own Server-Timing tells, which goes to the client as it is.
func (t *phaseStamps) record(says *stderr, a *hostResponse) {
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
	if child := says.report; child.mainReached > 0 {
		until(contract.PhaseSpawn, min(says.executing, child.mainReached)) // the host may be slower to wake than the child to start
		until(contract.PhaseStart, child.mainReached)
		until(contract.PhaseOpen, child.opened)
		until(contract.PhaseConnect, child.connected)
		until(contract.PhaseHandle, child.handled)
	} else {
		until(contract.PhaseSpawn, min(says.executing, a.head))
		at += int64(a.childTiming.Served())
		until(contract.PhaseChild, a.head)
	}
	until(contract.PhaseTransfer, a.last)
	until(contract.PhaseClose, says.report.closed) // may be over before the host has woken to the answer
	until(contract.PhaseExit, contract.Now())
}
