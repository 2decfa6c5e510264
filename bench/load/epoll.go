//go:build linux

package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"forktax/bench/plan"
	"forktax/bench/record"
)

// Epoll is this project's own engine: HTTP/1.1 without TLS over non-blocking sockets, with one locked thread per
// generator core. It uses less CPU time per request than wrk, so it disturbs a server on the same machine little, and
// it keeps every observation. It allocates nothing while a block runs. The zero value is ready for use.
//
// Closed loop: all connections are established before the block starts. A client that is refused waits 10 ms before it
// tries again. Open loop: one connection per core is established before the block. More are opened when a request is
// due and no connection is free, up to the load's limit; beyond that, requests wait and keep their intended time. With
// NoReuse, and after the server has closed a connection, connecting is part of the request: Sent is the time before it.
//
// The timeout counts from the intended time. With a Grace, a closed loop abandons a request that long after the end of
// the block, or after it was sent if that was later; an open loop, that long after its last arrival.
//
// If the server has closed a connection after the last response, a request on it is sent again on a new connection,
// and is one observation. That requires that nothing of it was sent, or that its method is GET, HEAD, OPTIONS or TRACE.
type Epoll struct {
	Cores     int           // generator threads; 0 means 1
	SpinLimit time.Duration // open loop: longest busy wait for the next request; 0 means 50 µs, below 0 none
	MaxHead   int           // limit for the head of a response, in bytes; 0 means 64 KiB
	MaxBody   int64         // limit for the body of a response, in bytes; 0 means 1 GiB
	Sample    int           // headers and body of one response in this many are checked; 0 means 64, with masks 100

	cores, alternating []*core // kept for their buffers
}

var _ Engine = (*Epoll)(nil)

// Run implements load.Engine.
func (e *Epoll) Run(ctx context.Context, v Visit, rec Recorder) error {
	b, plan, err := e.prepare(ctx, v)
	if err != nil {
		return err
	}
	cores, err := e.prepareCores(b, v, plan)
	defer func() {
		for _, c := range cores {
			c.close()
		}
	}()
	if err != nil {
		return err
	}
	b.connect(ctx, cores, v.Grace)
	if err := ctx.Err(); err != nil {
		return err
	}
	b.done = ctx.Done()
	var one sync.Mutex // Observe is called by one goroutine at a time
	for _, c := range cores {
		c.journal.flushPage = func(batch []record.Observation) {
			one.Lock()
			defer one.Unlock()
			rec.Observe(batch)
		}
	}
	generate(b, cores, v.Await)
	for _, c := range cores {
		c.journal.flush()
	}
	if x, ok := rec.(ExcerptRecorder); ok {
		for _, c := range cores {
			c.excerpts.report(x)
		}
	}
	return nil
}

// prepare validates the visit. It returns the parameters that all cores share, and in an open loop the arrivals.
func (e *Epoll) prepare(ctx context.Context, v Visit) (*visitParams, []time.Duration, error) {
	l := v.Load
	if l.Kind != plan.Closed && l.Kind != plan.Open {
		return nil, nil, fmt.Errorf("load: kind %q: must be %q or %q", l.Kind, plan.Closed, plan.Open)
	}
	if l.Concurrency < 1 {
		return nil, nil, fmt.Errorf("load: concurrency %d: must be at least 1", l.Concurrency)
	}
	u, err := baseURL(v.URL)
	if err != nil {
		return nil, nil, err
	}
	if err := errors.Join(requireFiles(l.Concurrency+e.coreCount(l)*coreFiles), requirePorts(l.Concurrency)); err != nil {
		return nil, nil, err
	}
	addr, err := resolve(ctx, u)
	if err != nil {
		return nil, nil, err
	}
	b := &visitParams{
		closed: l.Kind == plan.Closed, newConns: l.NoReuse, addr: addr, length: v.Length, timeout: l.Timeout(),
		spin: cmp.Or(e.SpinLimit, 50*time.Microsecond), otherClock: v.OtherClock,
	}
	if b.closed {
		b.grace = v.Grace
		return b, nil, nil
	}
	plan, err := arrivalsOf(v.Part, l, v.Length, v.MinRequests, v.Seed)
	if err != nil {
		return nil, nil, err
	}
	if v.Grace > 0 && len(plan) > 0 {
		b.limit = max(v.Length, plan[len(plan)-1]) + v.Grace
	}
	// Spin for at most a quarter of the gap: at high rates, polling would take CPU time that the server needs. At 20,000/s
	// on two shared cores, p99 lag is 2 ms with the full 50 µs and 0.1 ms with a quarter of the gap.
	gap := time.Duration(float64(e.coreCount(l)*max(v.Part.Of, 1)) / l.RateRPS * float64(time.Second))
	b.spin = max(min(b.spin, gap/4), 0)
	return b, plan, nil
}

// connect opens the connections of all cores. The time that takes is subtracted from the grace, of which at least a
// quarter remains: a connection that is not established by then will hardly get a response.
func (b *visitParams) connect(ctx context.Context, cores []*core, grace time.Duration) {
	within, began := b.timeout, time.Now()
	if grace > 0 {
		within = min(within, grace)
	}
	for _, c := range cores {
		c.connect(ctx, within)
	}
	b.grace = max(b.grace-time.Since(began), b.grace/4)
}

// coreCount returns the number of cores that generate the load.
func (e *Epoll) coreCount(l plan.Load) int { return min(cmp.Or(e.Cores, 1), l.Concurrency) }

// isIdempotent reports whether a request with the method may be sent twice.
func isIdempotent(method string) bool {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// prepareCores prepares the cores and distributes clients, minimum requests and arrivals over them. If it fails, it
// still returns the cores that hold open files.
func (e *Epoll) prepareCores(b *visitParams, v Visit, plan []time.Duration) (cores []*core, err error) {
	n := e.coreCount(v.Load)
	for len(e.cores) < n {
		e.cores = append(e.cores, &core{})
	}
	for i, c := range e.cores[:n] {
		c.visitParams, c.minRequests = b, divide(v.MinRequests, n, i)
		c.poll.polite = n >= runtime.GOMAXPROCS(0)
		if c.requests, err = e.coreRequests(v); err != nil {
			return cores, err
		}
		c.mix = newMix(v, i)
		c.arrivals = c.arrivals[:0]
		for j := i; j < len(plan); j += n {
			c.arrivals = append(c.arrivals, plan[j])
		}
		if err := c.prepare(divide(v.Load.Concurrency, n, i), e); err != nil {
			return cores, err
		}
		cores = append(cores, c)
	}
	return cores, nil
}

// divide returns the share of the i-th of k cores when n items are distributed.
func divide(n, k, i int) int { return (n + k - 1 - i) / k }

// threadCPU returns the CPU time of the calling thread.
func threadCPU() time.Duration {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) // fails only for clocks that do not exist
	return time.Duration(t.Nano())
}

// generate runs the cores, each on its own thread, from a common start. It calls await before it, unless that is nil.
func generate(b *visitParams, cores []*core, await func()) {
	var ready, finished sync.WaitGroup
	begin := make(chan struct{})
	for _, c := range cores {
		ready.Add(1)
		finished.Go(func() {
			withRealTime(!b.closed, func() {
				ready.Done()
				<-begin
				before := threadCPU()
				c.run()
				c.cpu = threadCPU() - before
			})
		})
	}
	ready.Wait()
	if await != nil {
		await()
	}
	var clock unix.Timespec
	unix.ClockGettime(unix.CLOCK_MONOTONIC, &clock) // fails only for clocks that do not exist
	b.start = time.Now()
	for _, c := range cores {
		c.poll.zero = time.Duration(clock.Nano())
	}
	close(begin)
	finished.Wait()
}
