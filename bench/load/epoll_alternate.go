//go:build linux

package load

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"forktax/bench/plan"
)

var _ Alternator = (*Epoll)(nil)

// Alternate implements Alternator. One thread makes all visits; each visit has its own connection.
func (e *Epoll) Alternate(ctx context.Context, visits []Visit, turns []int, recorders []Recorder) error {
	var alternating []*core
	defer func() {
		for _, c := range alternating {
			c.close()
		}
	}()
	for i, v := range visits {
		if v.Load.Kind != plan.Closed || v.Load.Concurrency != 1 {
			return fmt.Errorf("load %v cannot alternate: must be a closed loop with 1 client", v.Load)
		}
		c, err := e.alternatingCore(ctx, i, v)
		if err != nil {
			return err
		}
		c.journal.flushPage = recorders[i].Observe
		alternating = append(alternating, c)
		c.connect(ctx, c.timeout)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	length := visits[0].Length
	alternate(alternating, func(clock time.Duration) bool {
		if clock < length {
			return true
		}
		for i, c := range alternating {
			if c.begun < visits[i].MinRequests {
				return true
			}
		}
		return false
	}, turns, ctx.Done())
	for i, c := range alternating {
		c.journal.flush()
		if x, ok := recorders[i].(ExcerptRecorder); ok {
			c.excerpts.report(x)
		}
	}
	return nil
}

// alternatingCore returns the core that makes visit i, ready except for its connection.
func (e *Epoll) alternatingCore(ctx context.Context, i int, v Visit) (*core, error) {
	b, _, err := e.prepare(ctx, v)
	if err != nil {
		return nil, err
	}
	for len(e.alternating) <= i {
		e.alternating = append(e.alternating, &core{})
	}
	c := e.alternating[i]
	c.visitParams, c.minRequests = b, v.MinRequests
	c.poll.polite = runtime.GOMAXPROCS(0) <= 1
	c.arrivals, c.mix = c.arrivals[:0], newMix(v, 0)
	if c.requests, err = e.coreRequests(v); err != nil {
		return nil, err
	}
	return c, c.prepare(1, e)
}

// alternate makes the cores send their requests in turn, for as many cycles as another asks for.
func alternate(cores []*core, another func(clock time.Duration) bool, turns []int, done <-chan struct{}) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var clock unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &clock) // fails only for clocks that do not exist
	start := time.Now()
	for _, c := range cores {
		c.start, c.done, c.length = start, done, 0
		c.poll.zero = time.Duration(clock.Nano())
	}
	for another(time.Since(start)) {
		for _, i := range turns {
			c := cores[i]
			c.minRequests = c.begun + 1
			c.run()
			select {
			case <-done:
				return
			default:
			}
		}
	}
}
