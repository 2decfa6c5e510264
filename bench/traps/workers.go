package traps

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// leastQuiet is the shortest time without a response after which no further response is expected.
	leastQuiet = 250 * time.Millisecond
	// workersLimit is the time limit for the responses to all requests.
	workersLimit = 1500 * time.Millisecond
	// proofs is how many times closing a connection must bring the next response: once may be chance.
	proofs = 2
)

// fewWorkers opens one connection per client and sends a request on each while all stay open. It then closes
// connections that got a response, one after another. If each time the next response arrives, and none arrived before,
// idle connections occupied the workers.
func fewWorkers(ctx context.Context, p *probe) (evidence string) {
	for proven := 0; proven < proofs; {
		if proven > 0 && !p.drainAll(ctx) {
			return ""
		}
		f := p.fill(ctx, min(p.Clients, mostOpened))
		n, after, ok := f.prove(ctx)
		f.close()
		if !ok {
			return ""
		}
		proven += n
		evidence = fmt.Sprintf("with %d open connections only %d got a response; the next response came %s after one of "+
			"these was closed", len(f.open), f.responded, formatDuration(after))
	}
	return evidence
}

// A filling is a set of open connections, with one request sent on each.
type filling struct {
	open      []*connection
	done      chan exchange // capacity for all open connections
	idle      []*connection // connections that got a response, in order
	responded int           // responses before a connection was closed
	quiet     time.Duration // time after which no response is expected
	pending   sync.WaitGroup
}

// An exchange is a request on a connection. kept is set if there was a response and the connection stays open.
type exchange struct {
	*connection
	kept bool
}

// fill opens up to n connections (fewer if the server accepts no more) and sends a request on each. It then waits until
// all responses have arrived, or none has arrived for twice as long as all earlier ones took.
func (p *probe) fill(ctx context.Context, n int) *filling {
	f := &filling{done: make(chan exchange, n), quiet: leastQuiet}
	for range n {
		c, err := p.connect(ctx, leastQuiet)
		if err != nil {
			break
		}
		f.open = append(f.open, c)
	}
	for _, c := range f.open {
		f.pending.Go(func() {
			r, err := c.roundTrip()
			f.done <- exchange{c, err == nil && !r.closes}
		})
	}
	for began := time.Now(); len(f.idle) < len(f.open) && time.Since(began) < workersLimit; {
		if !f.next(ctx, f.quiet) {
			break
		}
		f.quiet = max(leastQuiet, 2*time.Since(began))
	}
	f.responded = len(f.idle)
	return f
}

// next waits for the next response. It reports false if there is none in time, or if its connection does not stay open.
func (f *filling) next(ctx context.Context, limit time.Duration) bool {
	select {
	case e := <-f.done:
		if e.kept {
			f.idle = append(f.idle, e.connection)
		}
		return e.kept
	case <-time.After(limit):
	case <-ctx.Done():
	}
	return false
}

// prove closes idle connections, one after another. It returns how many times that brought the next response, and the
// longest delay. It reports false if closing a connection brought no response, or if a response came without it.
func (f *filling) prove(ctx context.Context) (times int, after time.Duration, ok bool) {
	waiting := len(f.open) - f.responded
	if f.responded == 0 || waiting == 0 || len(f.done) > 0 {
		return 0, 0, false
	}
	for times < min(proofs, f.responded, waiting) {
		closed := time.Now()
		f.idle[times].Close()
		if !f.next(ctx, f.quiet/4) {
			return 0, 0, false
		}
		times, after = times+1, max(after, time.Since(closed))
		if times < waiting && f.next(ctx, f.quiet) {
			return 0, 0, false
		}
	}
	return times, after, ctx.Err() == nil
}

// close closes the connections and waits until no request is under way.
func (f *filling) close() {
	for _, c := range f.open {
		c.Close()
	}
	f.pending.Wait()
}
