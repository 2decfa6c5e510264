package traps

import (
	"context"
	"fmt"
	"time"

	"forktax/bench/account"
)

// Nagle's algorithm (RFC 896) holds back a small segment while an earlier one is unacknowledged. The receiver delays
// its acknowledgement (RFC 1122, 4.2.3.2) to send it together with data. So a server that writes head and body
// separately waits on each reused connection until the delay ends: at least 40 ms on Linux (TCP_DELACK_MIN in
// include/net/tcp.h), rounded up to a tick.
const (
	leastDelay = 35 * time.Millisecond
	mostDelay  = 50 * time.Millisecond
	// busyDelay is the upper limit on a busy machine, if a second test distinguishes the delay from work of that length.
	busyDelay = 60 * time.Millisecond
)

const (
	// mostRequests bounds the requests on a connection. On a new connection the kernel acknowledges up to 16 segments
	// immediately (TCP_MAX_QUICKACKS), which are about eight responses in two segments.
	mostRequests = 30
	// settled is the number of consecutive responses that are evaluated.
	settled = 9
	// examineLimit is how long a connection without the trap is examined.
	examineLimit = 600 * time.Millisecond
	// mostWork is the CPU time per request above which the gap may be the server's own work.
	mostWork = 15 * time.Millisecond
)

// delayedACK sends requests on one connection, and looks for responses whose second part arrives later than the first
// by the duration of a delayed ACK. Where the system supports it, it repeats that with immediate acknowledgements: only
// a delayed ACK disappears then.
func delayedACK(ctx context.Context, p *probe) (evidence string) {
	cpu, known := p.cpu()
	delayed, ok := p.sample(ctx, false)
	if !ok || !isDelay(gaps(delayed)) {
		return ""
	}
	evidence = fmt.Sprintf("in %d responses on a reused connection the second part came %s after the first (median)",
		len(delayed), formatDuration(median(gaps(delayed))))
	if after, ok := p.cpu(); known && ok {
		work := (after - cpu) / time.Duration(len(delayed))
		if work > mostWork && !acknowledgesAtOnce {
			return ""
		}
		evidence += fmt.Sprintf(", with %s of CPU time per request", formatDuration(work))
	}
	if !acknowledgesAtOnce {
		return evidence
	}
	quick, ok := p.sample(ctx, true)
	if !ok || 2*median(gaps(quick)) > leastDelay {
		return ""
	}
	return evidence + "; with immediate acknowledgements a response takes " + formatDuration(median(times(quick)))
}

// sample returns the last settled responses on a connection. It reports false if there are fewer, or if none of them
// shows the delay.
func (p *probe) sample(ctx context.Context, quickly bool) ([]reply, bool) {
	c, err := p.connect(ctx, examineLimit)
	if err != nil {
		return nil, false
	}
	defer c.Close()
	c.segments.quickly = quickly
	var all []reply
	seen := quickly // a delay was seen, or need not be
	for began := time.Now(); len(all) < mostRequests; {
		r, err := c.roundTrip()
		if err != nil || r.closes || !seen && time.Since(began) > examineLimit {
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

// isDelay reports whether the median is in the range of a delayed ACK.
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

// cpu returns the CPU time that the server has used so far. It reports false if that is unknown.
func (p *probe) cpu() (time.Duration, bool) {
	if p.PID == 0 {
		return 0, false
	}
	cpu, ok := account.Tree(p.PID)
	return cpu.Used, ok
}
