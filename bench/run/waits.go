package run

import (
	"os"
	"time"

	"forktax/bench/account"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/subject"
)

// A waits reads how long the harness and the targets of one start wait for a CPU. It is read before and after a block,
// outside of the measured time. A nil *waits reads nothing.
type waits struct {
	own     waiter
	targets map[*subject.Target]waiter
}

// A waiter is a process with its descendants, which wait for a CPU.
type waiter struct {
	queue    *account.RunQueue
	limiters *account.Limiters // nil if unknown, or for a target in the control groups of the harness
}

// A waitReading is the total wait of a waiter so far.
type waitReading struct {
	queue                        time.Duration
	throttling                   account.Throttling
	queueKnown, throttlingCounts bool
}

// watchWaits opens the kernel's files for the harness and the targets, if the run records the machine's counters. It
// leaves out external servers, whose processes are unknown.
func (r *Runner) watchWaits(targets map[plan.TargetName]*subject.Target) *waits {
	if r.Machine == nil {
		return nil
	}
	w := &waits{waiter{account.RunQueueOf(os.Getpid()), account.LimitersOf(0)}, map[*subject.Target]waiter{}}
	for _, t := range targets {
		if t.PID == 0 {
			continue
		}
		target := waiter{account.RunQueueOfTree(t.PID), account.LimitersOf(t.PID)}
		if target.limiters.Same(w.own.limiters) {
			target.limiters.Close()
			target.limiters = nil
		}
		w.targets[t] = target
	}
	return w
}

func (w *waits) close() {
	if w == nil {
		return
	}
	w.own.close()
	for _, target := range w.targets {
		target.close()
	}
}

// begin reads the waits before a block of a target. The returned function reads them after it, and adds the differences
// to the block.
func (w *waits) begin(t *subject.Target) (end func(*record.Block)) {
	if w == nil {
		return func(*record.Block) {}
	}
	target := w.targets[t]
	ownBefore, targetBefore := w.own.read(), target.read()
	return func(b *record.Block) {
		b.GeneratorWait, b.TargetWait = w.own.since(ownBefore), target.since(targetBefore)
	}
}

func (w waiter) close() {
	w.queue.Close()
	w.limiters.Close()
}

func (w waiter) read() (r waitReading) {
	r.queue, r.queueKnown = w.queue.Read()
	r.throttling, r.throttlingCounts = w.limiters.Read()
	return r
}

// since returns the wait since the reading before. A field that is unknown in one of the readings is nil.
func (w waiter) since(before waitReading) (waited record.CPUWait) {
	now := w.read()
	if before.queueKnown && now.queueKnown {
		waited.RunQueueNS = new(int64(now.queue - before.queue))
	}
	if before.throttlingCounts && now.throttlingCounts {
		t, limit := now.throttling.Sub(before.throttling), w.limiters.Limit()
		waited.Throttling = &record.Throttling{Periods: t.Periods, Throttled: t.Throttled, ThrottledNS: int64(t.Time),
			QuotaNS: int64(limit.Quota), PeriodNS: int64(limit.Period)}
	}
	return waited
}
