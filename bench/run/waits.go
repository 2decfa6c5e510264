package run

import (
	"os"
	"time"

	"forktax/bench/account"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/bench/subject"
)

// Waits are how the harness and the targets of one start wait for a CPU. They are read at both ends of a block, outside
// of the time that is measured. Nil waits are not watched.
type waits struct {
	own     waiter
	targets map[*subject.Target]waiter
}

// A waiter is a process that waits, with those that it has started.
type waiter struct {
	queue    *account.RunQueue
	limiters *account.Limiters // nil, too, for a target in the groups of the harness
}

// A waitReading is how long a waiter has waited so far.
type waitReading struct {
	queue                        time.Duration
	throttling                   account.Throttling
	queueKnown, throttlingCounts bool
}

// watchWaits opens what the kernel reports, if the run records what the machine counts. An external server, whose
// processes are not known, is not watched.
func (r *Runner) watchWaits(targets map[plan.TargetName]*subject.Target) *waits {
	if r.Machine == nil {
		return nil
	}
	w := &waits{waiter{account.RunQueueOf(os.Getpid()), account.LimitersOf(0)}, map[*subject.Target]waiter{}}
	for _, t := range targets {
		if t.PID == 0 {
			continue
		}
		of := waiter{account.RunQueueOfTree(t.PID), account.LimitersOf(t.PID)}
		if of.limiters.Same(w.own.limiters) {
			of.limiters.Close()
			of.limiters = nil
		}
		w.targets[t] = of
	}
	return w
}

func (w *waits) close() {
	if w == nil {
		return
	}
	w.own.close()
	for _, of := range w.targets {
		of.close()
	}
}

// begin reads before a block of a target. What it returns completes the block.
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

// since is what was waited since the reading; what is not known at both ends is nil.
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
