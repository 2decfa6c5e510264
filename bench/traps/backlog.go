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
	// burstsLimit is how long bursts are repeated if no connection is dropped. One burst is not enough: whether it fills
	// the backlog depends on how soon the server accepts.
	burstsLimit = 300 * time.Millisecond
	mostBursts  = 40
	// retransmit is the shortest duration of connecting if the first SYN was dropped: it is sent again after one second
	// (RFC 6298, 2.1), and after three.
	retransmit = 950 * time.Millisecond
	// connectLimit is the timeout for connecting: longer than one retransmission, shorter than two.
	connectLimit = 1500 * time.Millisecond
	// drainLimit is how long the server may take to accept all connections of a burst.
	drainLimit = 500 * time.Millisecond
	drainPause = 10 * time.Millisecond // pause between two attempts
	// mostOpened bounds the connections of a burst, and so its open files.
	mostOpened = 256
)

// fullBacklog repeatedly opens one connection per client, all at the same time. It looks for connections whose SYN was
// dropped: the kernel has counted an overflow, and connecting took as long as a retransmission.
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
	return fmt.Sprintf("%d of %d connections opened at the same time took %s (median) to be accepted, because the listen "+
		"backlog was full: the kernel counted %s", len(slow), clients, formatDuration(median(slow)),
		units.Plural(int(dropped), "overflow"))
}

// A burst is a set of connections that are opened at the same time. Its slices have one element per connection.
type burst struct {
	connections []*connection // nil if connecting failed
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

// drain reports whether the server has accepted all earlier connections. A connection in the backlog stays there after
// it is closed, so several bursts could fill the backlog.
func (p *probe) drain(ctx context.Context) (all bool) {
	ctx, cancel := context.WithTimeout(ctx, drainLimit)
	defer cancel()
	c, err := p.connect(ctx, drainLimit)
	if err != nil {
		return false
	}
	defer c.Close()
	_, err = c.roundTrip()
	return err == nil
}

// drainAll waits until the server has accepted all earlier connections. It reports false if ctx ends first.
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
