package workers

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"forktax/workload/contract"
)

// mostEnded is the number of ended workers that are listed.
const mostEnded = 64

// A pool starts and ends workers, and lends them to requests.
type pool struct {
	host *Host

	mu       sync.Mutex
	all      map[*worker]struct{} // processes that have not been waited for
	idle     []*worker            // the last one is lent first: it has the warmest caches
	starting int                  // processes that do not serve yet
	serving  int                  // workers that serve, and will serve further requests
	leaving  int                  // workers that serve their last request or have served it, and are not waited for
	waiting  []chan loan          // requests, the longest waiting first
	ready    int                  // workers that have been ready
	batch    int                  // how often all workers were replaced; those of earlier batches serve no more requests
	failures int                  // starts that failed one after the other
	failure  error                // the last of these
	delayed  bool                 // a start is delayed, because earlier ones failed
	closed   bool
	ended    []contract.Child // workers that have ended, the newest last
	tasks    sync.WaitGroup   // goroutines
	started  chan struct{}    // has an element if a start has ended that open has not looked at
}

// A loan is a worker for a request, or the reason why there is none.
type loan struct {
	worker *worker
	err    error
}

// missing returns the number of workers to start. A worker that serves its last request no longer counts, unless the
// next one has to wait for its end.
func (p *pool) missing() int {
	n := p.host.Workers - len(p.idle) - p.starting - p.serving
	if p.host.Late {
		n -= p.leaving
	}
	return min(n, p.host.limits.Children-len(p.idle)-p.starting-p.serving-p.leaving)
}

// refill starts the missing workers.
func (p *pool) refill() {
	if p.closed || p.delayed {
		return
	}
	for range p.missing() {
		if p.failures > 0 && p.starting > 0 {
			return // try with one
		}
		p.starting++
		p.tasks.Go(p.start)
	}
}

// start starts a worker and waits until it can serve.
func (p *pool) start() {
	w, err := p.host.newWorker()
	if err == nil {
		p.host.stats.started.Add(1)
		p.mu.Lock()
		p.all[w] = struct{}{}
		p.tasks.Go(func() { p.await(w) })
		p.mu.Unlock()
		if err = w.awaitReady(); err != nil {
			w.end()
			err = w.withFate(err)
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.starting--
	defer p.tellOpen()
	if _, lives := p.all[w]; err == nil && !lives {
		err = w.withFate(errClosed)
		p.tasks.Go(w.end)
	}
	switch {
	case err != nil && !p.closed:
		p.startFailed(err)
	case err == nil && p.closed:
		p.leave(w)
	case err == nil:
		p.failures, p.failure = 0, nil
		w.batch = p.batch
		if n := p.host.Workers; p.ready < n && !p.host.Together && p.host.Requests > 1 {
			w.served = p.ready * p.host.Requests / n
		}
		p.ready++
		p.offer(w)
	}
	p.refill()
}

// startFailed fails a waiting request, or all if no other worker will serve them and the start before failed, too. It
// delays the next start.
func (p *pool) startFailed(err error) {
	p.host.errors.logger.Printf("starting a worker: %v", err)
	p.failure = err
	fail := min(1, len(p.waiting))
	if p.failures > 0 && p.starting+p.serving == 0 {
		fail = len(p.waiting)
	}
	for _, waiting := range p.waiting[:fail] {
		waiting <- loan{err: err}
	}
	p.waiting = p.waiting[fail:]
	p.backOff()
}

// backOff delays the next start.
func (p *pool) backOff() {
	p.failures++
	if p.delayed {
		return
	}
	p.delayed = true
	delay := min(firstDelay<<min(p.failures-1, 10), lastDelay)
	time.AfterFunc(delay, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.delayed = false
		p.refill()
	})
}

// await waits for the end of a worker.
func (p *pool) await(w *worker) {
	<-w.gone
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.all, w)
	p.ended = append(p.ended, contract.Child{PID: w.PID(), BeganNS: w.begun, EndedNS: contract.Now()})
	if n := len(p.ended) - mostEnded; n > mostEnded {
		p.ended = slices.Delete(p.ended, 0, n)
	}
	if i := slices.Index(p.idle, w); i >= 0 {
		p.idle = slices.Delete(p.idle, i, i+1)
		p.host.errors.logger.Printf("a worker without a request %s", w.fate())
		_ = w.conn.Close()
		if !w.lent { // the next one may end as soon
			p.backOff()
		}
	} else if w.leaving {
		p.leaving--
	}
	p.refill()
}

// acquire lends a worker, which the caller must return by release.
func (p *pool) acquire(ctx context.Context) (*worker, error) {
	p.mu.Lock()
	switch {
	case p.closed:
		p.mu.Unlock()
		return nil, errClosed
	case len(p.idle) > 0:
		w := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		p.lend(w)
		p.mu.Unlock()
		return w, nil
	case len(p.waiting) >= max(p.host.limits.Queue, 0):
		p.mu.Unlock()
		return nil, errQueueFull
	}
	mine := make(chan loan, 1)
	p.waiting = append(p.waiting, mine)
	p.refill()
	p.mu.Unlock()
	select {
	case l := <-mine:
		return l.worker, l.err
	case <-ctx.Done():
	}
	p.mu.Lock()
	i := slices.Index(p.waiting, mine)
	if i >= 0 {
		p.waiting = slices.Delete(p.waiting, i, i+1)
	}
	p.mu.Unlock()
	if i < 0 {
		if l := <-mine; l.err == nil {
			p.release(l.worker, true)
		}
	}
	return nil, ctx.Err()
}

// lend counts a request of a worker. If it is the last one, the next worker is started now, unless it has to wait.
func (p *pool) lend(w *worker) {
	w.served++
	w.lent = true
	if n := p.host.Requests; n > 0 && w.served >= n {
		w.leaving = true
		p.leaving++
		if p.host.Together && w.batch == p.batch {
			p.batch++
			idle := p.idle
			p.idle = nil
			for _, other := range idle {
				p.leave(other)
			}
		}
		p.refill()
		return
	}
	p.serving++
}

// offer gives a worker to the longest waiting request, or keeps it until there is one.
func (p *pool) offer(w *worker) {
	if len(p.waiting) == 0 {
		p.idle = append(p.idle, w)
		return
	}
	first := p.waiting[0]
	p.waiting = p.waiting[1:]
	p.lend(w)
	first <- loan{worker: w}
}

// release takes a worker back. If it cannot serve another request, it is ended.
func (p *pool) release(w *worker, healthy bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-w.gone:
		healthy = false
	default:
	}
	if !w.leaving {
		p.serving--
		if healthy && !p.closed && w.batch == p.batch {
			p.offer(w)
			return
		}
	}
	p.leave(w)
	p.refill()
}

// leave ends a worker that is lent.
func (p *pool) leave(w *worker) {
	if _, lives := p.all[w]; lives && !w.leaving {
		w.leaving = true
		p.leaving++
	}
	p.tasks.Go(w.end)
}

// open starts the workers and returns when all are ready, or the first has failed.
func (p *pool) open(ctx context.Context) error {
	p.mu.Lock()
	p.refill()
	p.mu.Unlock()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.started:
		}
		p.mu.Lock()
		ready, failure := len(p.idle) >= p.host.Workers, p.failure
		p.mu.Unlock()
		switch {
		case failure != nil:
			return fmt.Errorf("starting a worker: %w", failure)
		case ready:
			return nil
		}
	}
}

// tellOpen tells open that a start has ended.
func (p *pool) tellOpen() {
	select {
	case p.started <- struct{}{}:
	default:
	}
}

// close ends all workers and returns when none is left. Requests that wait get an error, and workers that still serve
// are killed: the server has given them the time to respond.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	for _, waiting := range p.waiting {
		waiting <- loan{err: errClosed}
	}
	for w := range p.all {
		if !slices.Contains(p.idle, w) {
			p.tasks.Go(w.kill)
		}
	}
	for _, w := range p.idle {
		p.leave(w)
	}
	p.waiting, p.idle = nil, nil
	p.mu.Unlock()
	p.tasks.Wait()
}

// children returns the workers, and workers that have ended last.
func (p *pool) children() []contract.Child {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := slices.Clone(p.ended[max(len(p.ended)-mostEnded, 0):])
	for w := range p.all {
		all = append(all, contract.Child{PID: w.PID(), BeganNS: w.begun})
	}
	return all
}
