package traps

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"

	"forktax/bench/machine"
	"forktax/bench/units"
)

const (
	// burstsLimit is how long connections are opened for, if none is dropped. Whether a burst finds the backlog full
	// depends on how soon the server gets to accept, so one burst is not enough.
	burstsLimit = 300 * time.Millisecond
	mostBursts  = 40
	// retransmit is how long a connection at least takes whose first SYN was dropped: that is sent again after one second
	// (RFC 6298, 2.1), and after three.
	retransmit = 950 * time.Millisecond
	// connectLimit is how long a connection is waited for: longer than one retransmission, not as long as two.
	connectLimit = 1500 * time.Millisecond
	// drainLimit is how long the server may take to accept all connections of a burst.
	drainLimit = 500 * time.Millisecond
	drainPause = 10 * time.Millisecond // before it is tried again
	// mostOpened bounds the connections of a burst, and the files that they are.
	mostOpened = 256
)

// fullBacklog opens as many connections at once as there are clients, again and again, and looks for those whose SYN
// was dropped: the kernel has counted an overflow, and they take as long as a retransmission.
func fullBacklog(ctx context.Context, p *probe) (evidence string) {
	before, clients := machine.Counters().ListenOverflows, min(p.Clients, mostOpened)
	var slow []time.Duration
	bursts := 0
	for began := time.Now(); bursts < mostBursts && slow == nil && time.Since(began) < burstsLimit; bursts++ {
		b := p.burst(ctx, clients)
		for i, took := range b.took {
			if took >= retransmit && (b.connections[i] != nil || isTimeout(b.errors[i])) {
				slow = append(slow, took)
			}
		}
		b.close()
		if slow == nil && !p.drain(ctx) {
			break
		}
	}
	dropped := machine.Counters().ListenOverflows - before
	if slow == nil || dropped <= 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d connections that were opened at once took %s (median) to be accepted, since the listen "+
		"backlog was full: the kernel counted %s", len(slow), clients, spoken(median(slow)),
		units.Plural(int(dropped), "overflow"))
}

// A burst is connections that are opened at once.
type burst struct {
	connections []*connection // nil if it failed
	took        []time.Duration
	errors      []error
}

func (p *probe) burst(ctx context.Context, n int) burst {
	b := burst{make([]*connection, n), make([]time.Duration, n), make([]error, n)}
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			began := time.Now()
			b.connections[i], b.errors[i] = p.connect(ctx, connectLimit)
			b.took[i] = time.Since(began)
		})
	}
	all.Wait()
	return b
}

// close closes the connections.
func (b burst) close() {
	for _, c := range b.connections {
		if c != nil {
			c.Close()
		}
	}
}

// drain reports whether the server has accepted all connections before it: one in the backlog stays there when it is
// closed, and those of several bursts would fill it.
func (p *probe) drain(ctx context.Context) (all bool) {
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	c, err := p.connect(ctx, drainLimit)
	if err != nil {
		return false
	}
	defer c.Close()
	_, err = c.ask()
	return err == nil
}

// drainAll waits until the server has accepted all connections before this, for as long as ctx lives.
func (p *probe) drainAll(ctx context.Context) (all bool) {
	for !p.drain(ctx) {
		if ctx.Err() != nil {
			return false
		}
		time.Sleep(drainPause)
	}
	return true
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}
