//go:build linux

package load

import (
	"math"
	"time"

	"golang.org/x/sys/unix"

	"forktax/bench/record"
)

// run generates the load until the last response has arrived or the run is cancelled.
func (c *core) run() {
	for {
		if now := c.now(); now >= c.alarm {
			c.expire(now)
		}
		c.launch()
		if c.over() {
			return
		}
		events := c.waitEvents()
		for i := range events {
			c.handle(&events[i])
			c.launch()
		}
		select {
		case <-c.done:
			c.abandon(c.now(), record.ErrInterrupted, record.ErrInterrupted)
			return
		default:
		}
	}
}

// now returns a timestamp, as an offset from the start of the block, and stores it in c.clock. time.Since reads
// CLOCK_MONOTONIC in the vDSO (24 ns measured); unix.ClockGettime enters the kernel (230 ns).
func (c *core) now() time.Duration {
	c.clock = time.Since(c.start)
	return c.clock
}

// over reports whether the block is over.
func (c *core) over() bool {
	if c.busy > 0 {
		return false
	}
	if c.closed {
		return c.clock >= c.length && c.begun >= c.minRequests
	}
	return c.begun == len(c.arrivals)
}

// launch begins the requests that are due, as long as there are free connections. A request that fails immediately
// frees its connection, which is used again only at the next call: otherwise refusals could occupy the core.
func (c *core) launch() {
	for range len(c.free) {
		intended, ok := c.take()
		if !ok {
			return
		}
		k := c.free[len(c.free)-1]
		c.free = c.free[:len(c.free)-1]
		c.begin(k, &c.requests[c.mix.draw()], intended)
	}
}

// take returns the intended time of the next request. It reports false if no request is due now.
func (c *core) take() (intended time.Duration, ok bool) {
	if c.closed {
		if c.clock >= c.length && c.begun >= c.minRequests {
			return 0, false
		}
		c.begun++
		return c.clock, true
	}
	for c.begun < len(c.arrivals) && c.arrivals[c.begun] <= c.clock {
		intended = c.arrivals[c.begun]
		if c.clock < intended+c.timeout {
			c.begun++
			return intended, true
		}
		c.skip(intended+c.timeout, record.ErrTimeout)
	}
	return 0, false
}

// waitEvents waits for events; in an open loop at most until the next request is due. During the last c.spin before
// that it polls, because a sleeping thread is woken 20 to 50 µs late.
func (c *core) waitEvents() []unix.EpollEvent {
	patience := min(tick, max(c.alarm-c.clock, 0)+time.Millisecond) // wait truncates to milliseconds
	if c.closed || c.begun == len(c.arrivals) || len(c.free) == 0 {
		return c.poll.wait(patience)
	}
	due := c.arrivals[c.begun]
	switch gap := due - c.clock; {
	case gap <= c.spin:
		return c.poll.wait(0)
	case gap <= patience+c.spin:
		c.poll.arm(due - c.spin)
	}
	return c.poll.wait(patience)
}

// expire ends requests that have timed out and sets c.alarm to the time of the next check. The timeout counts from the
// intended time, so no request takes longer, including requests that found no free connection. A timeout is recorded
// at exactly this value, unless the core was so late that the request made progress after it.
func (c *core) expire(now time.Duration) {
	c.alarm = now + c.timeout // the timeout of a request that begins now
	if c.limit > 0 {
		if now >= c.limit {
			c.abandon(now, record.ErrUnfinished, record.ErrNotSent)
			return
		}
		c.alarm = min(c.alarm, c.limit)
	}
	c.alarm = min(c.alarm, c.graceEnd(now))
	for i := range c.conns {
		k := &c.conns[i]
		switch {
		case k.busy && k.intended+c.timeout <= now:
			c.fail(k, max(k.intended+c.timeout, k.sent, k.firstByte), record.ErrTimeout)
		case k.busy && c.graceEnd(k.sent) <= now:
			c.fail(k, now, record.ErrUnfinished)
		case k.busy:
			c.alarm = min(c.alarm, k.intended+c.timeout, c.graceEnd(k.sent))
		case k.resume > now:
			c.alarm = min(c.alarm, k.resume)
		case k.resume > 0:
			k.resume = 0
			c.free = append(c.free, k)
		}
	}
	for !c.closed && c.begun < len(c.arrivals) {
		if limit := c.arrivals[c.begun] + c.timeout; limit > now {
			c.alarm = min(c.alarm, limit)
			break
		}
		c.skip(c.arrivals[c.begun]+c.timeout, record.ErrTimeout)
	}
}

// graceEnd returns the time at which a request of a closed loop, sent at the given time, is abandoned.
func (c *core) graceEnd(sent time.Duration) time.Duration {
	if c.grace == 0 {
		return math.MaxInt64
	}
	return max(c.length, sent) + c.grace
}

// skip records the next request of the plan as failed without sending it.
func (c *core) skip(at time.Duration, class string) {
	*c.journal.next() = record.Observation{Intended: c.arrivals[c.begun], Sent: at, Done: at, Err: class,
		Request: c.mix.draw()}
	c.begun++
}

// abandon records the requests under way and all remaining requests of the plan as failed, with a class for each.
func (c *core) abandon(now time.Duration, underWay, left string) {
	for i := range c.conns {
		if c.conns[i].busy {
			c.fail(&c.conns[i], now, underWay)
		}
	}
	for !c.closed && c.begun < len(c.arrivals) {
		c.skip(max(now, c.arrivals[c.begun]), left)
	}
}
