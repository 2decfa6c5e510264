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
	// readRoom is the size of the read buffer in bytes: enough for a typical response in one read.
	readRoom = 64 << 10
	// readTurn is how many times in a row one connection is read before the others are served.
	readTurn = 16
	// partRoom is the buffer of a connection for a line that is split over two reads, in bytes.
	partRoom = 256
	// excerptRoom is the buffer of a connection for the beginning of a body, in bytes.
	excerptRoom = 256
)

// visitParams are the parameters that the generator cores of one visit share. They do not change while it runs.
type visitParams struct {
	closed     bool // closed loop, not open
	newConns   bool // a new connection for each request
	length     time.Duration
	timeout    time.Duration // timeout of a request
	limit      time.Duration // open loop: when the remaining requests are abandoned; 0: never
	grace      time.Duration // closed loop: how long after the end to wait for a response; 0: the timeout
	spin       time.Duration
	otherClock bool // the server's timestamps are from another clock
	addr       netip.AddrPort
	done       <-chan struct{} // closed to cancel the run
	start      time.Time
}

// A core is a generator thread with all its state. Cores share no data that changes.
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
	free        []*conn // connections without a request, the last used on top
	busy        int     // number of connections with a request
	arrivals    []time.Duration
	minRequests int // closed loop: requests to make even when the time is over
	begun       int // requests begun; in an open loop the index of the next one in the plan

	clock      time.Duration // last timestamp
	cpu        time.Duration // CPU time that the thread used in the block
	alarm      time.Duration // no timeout or pause ends before this
	readBuffer []byte
}

// prepare prepares c for a block with conns connections. Buffers are kept between blocks.
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

// expected returns the highest number of observations that a block of the planned length can have.
func (c *core) expected() int {
	const fastest = 250_000 // requests per second, several times the capacity of a core
	if !c.closed {
		return len(c.arrivals)
	}
	return int(min(c.length.Seconds()*fastest, math.MaxInt32)) + c.minRequests + len(c.conns)
}

// connect opens connections and waits until they are established, so that no request includes connecting: all of them
// in a closed loop, one in an open loop. If a connection is refused or late, its first request records that.
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

// close closes all files of c.
func (c *core) close() {
	for i := range c.conns {
		c.conns[i].close()
	}
	c.lingering.close()
	c.poll.close()
}
