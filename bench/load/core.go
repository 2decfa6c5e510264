//go:build linux

package load

import (
	"cmp"
	"context"
	"math"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// readRoom holds a whole answer of common size, so that one read takes it.
	readRoom = 64 << 10
	// readTurn is how often one connection is read before the others have their turn again.
	readTurn = 16
	// partRoom is what a connection has for a line that is split over two reads.
	partRoom = 256
	// excerptRoom is what a connection keeps of the beginning of a body.
	excerptRoom = 256
)

// visitParams are what the generator cores of one visit share. Nothing in it changes while it runs.
type visitParams struct {
	closed     bool // the kind of load
	newConns   bool // a new connection for each request
	length     time.Duration
	timeout    time.Duration // of a request
	limit      time.Duration // open loop: when what is left is given up; 0: never
	grace      time.Duration // closed loop: how long after its end a request is waited for; 0: its timeout
	spin       time.Duration
	otherClock bool // the server's stamps are by another clock
	addr       netip.AddrPort
	done       <-chan struct{} // closed when the run is to end
	start      time.Time
}

// A core is one generator thread with all that it needs, so that it shares nothing that changes.
type core struct {
	*visitParams
	poll      poller
	journal   journal
	excerpts  excerpts
	lingering lingeringConns
	requests  []coreRequest
	mix       mix
	to        unix.Sockaddr // the core's own: package unix writes into it
	family    int

	conns       []conn
	free        []*conn // those without a request, the last used on top
	busy        int     // those with one
	arrivals    []time.Duration
	minRequests int // closed loop: requests to make even when the time is over
	begun       int // requests; in an open loop the index of the next one in the plan

	clock      time.Duration // the last stamp taken
	cpu        time.Duration // that the thread used in the block
	alarm      time.Duration // no timeout or pause ends before this
	readBuffer []byte        // what is read
}

// prepare makes c ready for a block of so many connections. Its buffers are kept from block to block.
func (c *core) prepare(conns int, e *Epoll) error {
	if err := c.poll.open(); err != nil {
		return err
	}
	if cap(c.conns) < conns {
		c.conns, c.free = make([]conn, conns), make([]*conn, 0, conns)
		parts, excerpts := make([]byte, conns*partRoom), make([]byte, conns*excerptRoom)
		for i := range c.conns {
			p := &c.conns[i].parser
			p.part = parts[i*partRoom : i*partRoom : (i+1)*partRoom]
			p.excerpt = excerpts[i*excerptRoom : i*excerptRoom : (i+1)*excerptRoom]
		}
	}
	if c.readBuffer == nil {
		c.readBuffer = make([]byte, readRoom)
	}
	c.conns, c.free = c.conns[:conns], c.free[:0]
	for i := conns - 1; i >= 0; i-- { // the first on top
		k := &c.conns[i]
		*k = conn{slot: i, fd: -1, parser: parser{part: k.parser.part, excerpt: k.parser.excerpt,
			maxHead: cmp.Or(e.MaxHead, 64<<10), maxBody: cmp.Or(e.MaxBody, 1<<30)}}
		c.free = append(c.free, k)
	}
	c.to, c.family = sockaddr(c.addr)
	c.busy, c.begun, c.alarm = 0, 0, 0
	c.journal.reserve(c.expected())
	c.excerpts = c.excerpts[:0]
	return nil
}

// expected is how many observations a block can bring at most, as far as the time goes.
func (c *core) expected() int {
	const fastest = 250_000 // requests a second, several times what a core can make
	if !c.closed {
		return len(c.arrivals)
	}
	return int(min(c.length.Seconds()*fastest, math.MaxInt32)) + c.minRequests + len(c.conns)
}

// connect opens connections and waits until they stand, so that connecting is part of no request: all of them in a
// closed loop, one in an open. One that is refused, or does not stand in time, is left to its first request, which says
// so.
func (c *core) connect(ctx context.Context, within time.Duration) {
	n := 1
	switch {
	case c.newConns:
		n = 0
	case c.closed:
		n = len(c.conns)
	}
	for i := range c.conns[:n] {
		c.conns[i].dial(c.family, c.to)
	}
	limit := time.Now().Add(within)
	for i := range c.conns[:n] {
		k := &c.conns[i]
		for k.fd >= 0 && !k.waitConnected(tick) && ctx.Err() == nil && time.Now().Before(limit) {
		}
		if k.fd >= 0 && c.watch(k, readable) != nil {
			k.close()
		}
	}
}

// close closes all that c has open.
func (c *core) close() {
	for i := range c.conns {
		c.conns[i].close()
	}
	c.lingering.close()
	c.poll.close()
}
