package traps

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// leastQuiet is how long no response has come at least, before it is taken that none will come.
	leastQuiet = 250 * time.Millisecond
	// workersLimit is how long responses are waited for, one after the other.
	workersLimit = 1500 * time.Millisecond
	// proofs is how many times the next response has to come as soon as a connection is closed: once may be chance.
	proofs = 2
)

// fewWorkers opens as many connections as there are clients, asks once on each while all stay open, and then closes one
// after the other of those that had a response. If that brings the next response, though none came before, workers were
// kept by connections on which nothing was asked.
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
		evidence = fmt.Sprintf("with %d kept connections only %d had a response; the next one came %s after one of them was "+
			"closed", len(f.open), f.answered, spoken(after))
	}
	return evidence
}

// A filling is connections that are all open, with one request sent on each.
type filling struct {
	open     []*connection
	done     chan exchange // as many as are open
	idle     []*connection // had a response, in order
	answered int           // before one was closed
	quiet    time.Duration // after which no response is expected
	asking   sync.WaitGroup
}

// An exchange is a request on a connection, and whether there was a response after which it stays open.
type exchange struct {
	*connection
	kept bool
}

// fill opens up to n connections, fewer if the server accepts no more, sends a request on each, and waits for responses
// until all are there, or none has come for twice as long as all before took.
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
		f.asking.Go(func() {
			r, err := c.ask()
			f.done <- exchange{c, err == nil && !r.closes}
		})
	}
	for began := time.Now(); len(f.idle) < len(f.open) && time.Since(began) < workersLimit; {
		if !f.next(ctx, f.quiet) {
			break
		}
		f.quiet = max(leastQuiet, 2*time.Since(began))
	}
	f.answered = len(f.idle)
	return f
}

// next waits for the next response. It reports false if there is none in time, or if the connection does not stay open.
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

// prove closes idle connections, one after the other, and reports how many times that brought the next response, and
// after how long at most. It reports false if it did not, or if a response came without it.
func (f *filling) prove(ctx context.Context) (times int, after time.Duration, ok bool) {
	waiting := len(f.open) - f.answered
	if f.answered == 0 || waiting == 0 || len(f.done) > 0 {
		return 0, 0, false
	}
	for times < min(proofs, f.answered, waiting) {
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

// close closes the connections, and returns when nothing is asked any more.
func (f *filling) close() {
	for _, c := range f.open {
		c.Close()
	}
	f.asking.Wait()
}
