package traps

import (
	"context"
	"fmt"
	"time"

	"forktax/bench/account"
)

// Nagle's algorithm (RFC 896) keeps a small segment back while an earlier one is not acknowledged, and the receiver
// delays its acknowledgement (RFC 1122, 4.2.3.2), hoping to send it with data. A server that writes head and body apart
// so waits on each kept connection until the delay ends: at least 40 ms on Linux (TCP_DELACK_MIN in include/net/tcp.h),
// and rounded up to a tick.
const (
	leastDelay = 35 * time.Millisecond
	mostDelay  = 50 * time.Millisecond
	// busyDelay is the most on a busy machine, where a test tells the delay from work that takes as long.
	busyDelay = 60 * time.Millisecond
)

const (
	// mostAsked bounds the requests on a connection. The kernel acknowledges up to 16 segments of a new connection at once
	// (TCP_MAX_QUICKACKS), which are about eight responses in two segments.
	mostAsked = 30
	// settled is how many responses in a row decide.
	settled = 9
	// askLimit is how long a connection without the trap is examined.
	askLimit = 600 * time.Millisecond
	// mostWork is the CPU time of a request from which on its time may be the server's own.
	mostWork = 15 * time.Millisecond
)

// delayedACK asks on one kept connection, and looks for responses whose second part comes as much later than the first
// as a delayed ACK takes. Where the system allows it, it then acknowledges at once: only a delayed ACK is gone then.
func delayedACK(ctx context.Context, p *probe) (evidence string) {
	cpu, known := p.cpu()
	delayed, ok := p.askFor(ctx, false)
	if !ok || !isDelay(gaps(delayed)) {
		return ""
	}
	evidence = fmt.Sprintf("of %d responses on a kept connection the second part came %s after the first (median)",
		len(delayed), spoken(median(gaps(delayed))))
	if after, ok := p.cpu(); known && ok {
		work := (after - cpu) / time.Duration(len(delayed))
		if work > mostWork && !acknowledgesAtOnce {
			return ""
		}
		evidence += fmt.Sprintf(", with %s of CPU a request", spoken(work))
	}
	if !acknowledgesAtOnce {
		return evidence
	}
	quick, ok := p.askFor(ctx, true)
	if !ok || 2*median(gaps(quick)) > leastDelay {
		return ""
	}
	return evidence + "; when its client acknowledges at once, a response takes " + spoken(median(times(quick)))
}

// askFor returns the last responses on a connection, as many as decide; false if there are not as many, or if there is
// nothing to decide.
func (p *probe) askFor(ctx context.Context, quickly bool) ([]reply, bool) {
	c, err := p.connect(ctx, askLimit)
	if err != nil {
		return nil, false
	}
	defer c.Close()
	c.segments.quickly = quickly
	var all []reply
	seen := quickly // a delay
	for began := time.Now(); len(all) < mostAsked; {
		r, err := c.ask()
		if err != nil || r.closes || !seen && time.Since(began) > askLimit {
			return nil, false
		}
		all = append(all, r)
		seen = seen || leastDelay <= r.gap && r.gap <= busyDelay
		if last := all[max(len(all)-settled, 0):]; len(last) == settled && (quickly || isDelay(gaps(last))) {
			return last, true
		}
	}
	return nil, false
}

// isDelay reports whether the median is what a delayed ACK takes.
func isDelay(all []time.Duration) bool {
	most := mostDelay
	if acknowledgesAtOnce {
		most = busyDelay
	}
	m := median(all)
	return leastDelay <= m && m <= most
}

func gaps(all []reply) (durations []time.Duration) {
	for _, r := range all {
		durations = append(durations, r.gap)
	}
	return durations
}

func times(all []reply) (durations []time.Duration) {
	for _, r := range all {
		durations = append(durations, r.took)
	}
	return durations
}

// cpu returns the CPU time that the server has used so far, if that is known.
func (p *probe) cpu() (time.Duration, bool) {
	if p.PID == 0 {
		return 0, false
	}
	cpu, ok := account.Tree(p.PID)
	return cpu.Used, ok
}
