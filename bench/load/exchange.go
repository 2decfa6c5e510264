//go:build linux

package load

import (
	"time"

	"golang.org/x/sys/unix"

	"forktax/bench/record"
	"forktax/workload/contract"
)

// pause is how long a client of a closed loop waits after it was refused, lest it fill the block with refusals.
const pause = 10 * time.Millisecond

// begin sends a request on k. Opening the connection, if k has none, is part of it.
func (c *core) begin(k *conn, request *coreRequest, intended time.Duration) {
	c.busy++
	k.busy, k.written, k.firstByte, k.request = true, 0, 0, request
	k.parser.reset()
	k.parser.noBody = request.isHead
	request.examine(k)
	k.sent = c.now()
	if k.intended = intended; c.closed {
		k.intended = k.sent
	}
	c.send(k)
}

// send opens k's connection if it has none and writes what is left of the message.
func (c *core) send(k *conn) {
	if k.fd < 0 {
		if err := k.dial(c.family, c.to); err != nil {
			c.fail(k, c.now(), record.ErrRefused)
			return
		}
	}
	asks := uint32(readable)
	message := k.request.message
	for k.written < len(message) {
		n, errno := k.write(message[k.written:])
		if errno == unix.EAGAIN {
			asks |= unix.EPOLLOUT
			break
		}
		if errno != 0 {
			c.now()
			c.callFailed(k, errno)
			return
		}
		k.written += n
	}
	if k.watched|asks != k.watched && c.watch(k, asks) != nil {
		c.fail(k, c.now(), record.ErrOther)
	}
}

// watch has the poller watch k for more events, or report again what k is watched for.
func (c *core) watch(k *conn, events uint32) error {
	op := unix.EPOLL_CTL_ADD
	if k.watched != 0 {
		op = unix.EPOLL_CTL_MOD
	}
	k.watched |= events
	return c.poll.watch(op, k.fd, k.slot, k.watched)
}

// handle does what an event asks for.
func (c *core) handle(e *unix.EpollEvent) {
	if e.Fd == timerSlot {
		c.poll.armed = 0
		return
	}
	k := &c.conns[e.Fd]
	if int(e.Pad) != k.fd {
		if e.Events&hungUp != 0 {
			c.lingering.drop(int(e.Pad))
		}
		return
	}
	if e.Events&hungUp != 0 {
		k.hup = true
	}
	if e.Events&(readable|hungUp) != 0 {
		c.receive(k)
	}
	if e.Events&unix.EPOLLOUT != 0 && k.busy && k.written < len(k.request.message) {
		c.send(k)
	}
}

// receive reads what there is. A short read of a stream socket means that it is empty (epoll(7)), which saves the call
// that would say so, unless the end of the stream is behind it.
func (c *core) receive(k *conn) {
	for range readTurn {
		n, errno := k.read(c.readBuffer)
		c.now()
		switch {
		case errno == unix.EAGAIN:
			return
		case errno != 0:
			c.callFailed(k, errno)
			return
		case n == 0:
			c.ended(k)
			return
		case !k.busy: // nothing was asked
			k.close()
			return
		}
		if !c.feed(k, c.readBuffer[:n]) || n < len(c.readBuffer) && !k.hup {
			return
		}
	}
	if c.watch(k, 0) != nil { // there may be more
		c.fail(k, c.clock, record.ErrOther)
	}
}

// feed gives what was read to the parser and reports whether the answer wants more.
func (c *core) feed(k *conn, b []byte) bool {
	if k.firstByte == 0 {
		k.firstByte = c.clock
	}
	n, class := k.parser.feed(b)
	switch {
	case class != "":
		k.parser.keepExcerpt(b) // of a head that is not one, if there is no body
		c.fail(k, c.clock, class)
	case !k.parser.done():
		return true
	case n < len(b): // more than was asked for
		c.fail(k, c.clock, record.ErrMalformed)
	default:
		c.finish(k)
	}
	return false
}

// ended deals with the end of what the server sends on k.
func (c *core) ended(k *conn) {
	switch {
	case !k.busy:
		k.close()
	case c.resend(k):
	default:
		if class := k.parser.end(); class != "" {
			c.fail(k, c.clock, class)
			return
		}
		c.finish(k)
	}
}

// callFailed deals with a failed system call on k.
func (c *core) callFailed(k *conn, errno unix.Errno) {
	if !k.busy {
		k.close()
	} else if !c.resend(k) {
		c.fail(k, c.clock, k.class(errno))
	}
}

// resend sends k's request once more, on a new connection, if the server may have closed the old one before it saw the
// request: one that served others before, on which no byte of an answer came. As in net/http that goes for methods
// that may be repeated, and for others as long as none of the request was sent: a guestbook must not be signed twice.
func (c *core) resend(k *conn) bool {
	if !k.used || k.firstByte != 0 || !k.request.safe && k.written > 0 {
		return false
	}
	k.close()
	k.written = 0
	c.send(k)
	return true
}

// finish records a complete answer.
func (c *core) finish(k *conn) {
	p, r := &k.parser, k.request
	var class string
	if k.checked {
		class = r.verifier.checkFull(p.status, p.bytes)
		r.passed = class == ""
	} else {
		class = r.verifier.checkFast(p.status, p.bytes)
	}
	c.record(k, c.clock, class)
	k.used = true
	if c.newConns || k.hup || !p.reusable() || k.written < len(r.message) {
		c.retire(k)
	}
	c.release(k)
}

// retire gives up a connection that has done its work.
func (c *core) retire(k *conn) {
	if k.hup {
		k.close()
		return
	}
	c.lingering.add(k.fd)
	k.fd = -1
}

// fail records a request that came to nothing.
func (c *core) fail(k *conn, at time.Duration, class string) {
	c.record(k, at, class)
	k.close()
	if c.closed && class == record.ErrRefused {
		k.resume = at + pause
		c.alarm = min(c.alarm, k.resume)
	}
	c.release(k)
}

// release ends k's request.
func (c *core) release(k *conn) {
	if k.checked {
		k.checked, k.request.examining = false, false
	}
	k.busy = false
	c.busy--
	if k.resume == 0 {
		c.free = append(c.free, k)
	}
}

// timing is what the server reports of k's request, and what lies before and behind that by this machine's clock. If the
// server's is another, as on another machine, nothing is known of the way there and back.
func (c *core) timing(k *conn, done time.Duration) contract.Timing {
	told := &k.parser.serverTiming
	if told.Arrived == 0 || c.otherClock {
		return told.Timing
	}
	t := told.Timing
	arrive, back := time.Duration(told.Arrived)-c.poll.zero-k.sent, c.poll.zero+done-time.Duration(told.Answered)
	if arrive >= 0 && back >= 0 {
		t.Add(contract.PhaseArrive, arrive)
		t.Add(contract.PhaseReturn, back)
	}
	return t
}

// record writes k's request down.
func (c *core) record(k *conn, done time.Duration, class string) {
	if class != "" {
		c.excerpts.note(class, k.parser.excerpt)
	}
	*c.journal.next() = record.Observation{
		Intended: k.intended, Sent: k.sent, FirstByte: k.firstByte, Done: done,
		Status: k.parser.status, Bytes: k.parser.bytes, Timing: c.timing(k, done), Err: class, Request: k.request.index,
	}
}
