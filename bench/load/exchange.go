//go:build linux

package load

import (
	"time"

	"golang.org/x/sys/unix"

	"forktax/bench/record"
	"forktax/workload/contract"
)

// pause is how long a client of a closed loop waits after a refusal, so that refusals do not fill the block.
const pause = 10 * time.Millisecond

// begin sends a request on k. Opening the connection, if k is closed, is part of the request.
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

// send opens k's connection if it is closed, and writes the rest of the message.
func (c *core) send(k *conn) {
	if k.fd < 0 {
		if err := k.dial(c.family, c.to); err != nil {
			c.fail(k, c.now(), record.ErrRefused)
			return
		}
	}
	events := uint32(readable)
	message := k.request.message
	for k.written < len(message) {
		n, errno := k.write(message[k.written:])
		if errno == unix.EAGAIN {
			events |= unix.EPOLLOUT
			break
		}
		if errno != 0 {
			c.now()
			c.callFailed(k, errno)
			return
		}
		k.written += n
	}
	if k.watched|events != k.watched && c.watch(k, events) != nil {
		c.fail(k, c.now(), record.ErrOther)
	}
}

// watch adds events to those that the poller watches k for. With no new events, the poller reports the ready ones
// again.
func (c *core) watch(k *conn, events uint32) error {
	op := unix.EPOLL_CTL_ADD
	if k.watched != 0 {
		op = unix.EPOLL_CTL_MOD
	}
	k.watched |= events
	return c.poll.watch(op, k.fd, k.slot, k.watched)
}

// handle processes an event.
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

// receive reads what has arrived. A short read of a stream socket means that it is empty (epoll(7)), which saves
// another call, unless the end of the stream follows.
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
		case !k.busy: // data without a request
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

// feed passes the bytes read to the parser, and reports whether the response is still incomplete.
func (c *core) feed(k *conn, b []byte) bool {
	if k.firstByte == 0 {
		k.firstByte = c.clock
	}
	n, class := k.parser.feed(b)
	switch {
	case class != "":
		k.parser.keepExcerpt(b) // shows a malformed head, if there is no body
		c.fail(k, c.clock, class)
	case !k.parser.done():
		return true
	case n < len(b): // bytes after the end of the response
		c.fail(k, c.clock, record.ErrMalformed)
	default:
		c.finish(k)
	}
	return false
}

// ended handles the end of the stream on k.
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

// callFailed handles a failed system call on k.
func (c *core) callFailed(k *conn, errno unix.Errno) {
	if !k.busy {
		k.close()
	} else if !c.resend(k) {
		c.fail(k, c.clock, k.class(errno))
	}
}

// resend sends k's request again, on a new connection, if the server may have closed the old one before it received the
// request. The old connection must have served a request before, and no byte of a response may have arrived. As in
// net/http, this applies to methods that may be repeated; with other methods, only if nothing of the request was sent.
func (c *core) resend(k *conn) bool {
	if !k.used || k.firstByte != 0 || !k.request.safe && k.written > 0 {
		return false
	}
	k.close()
	k.written = 0
	c.send(k)
	return true
}

// finish records a complete response.
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

// retire releases a connection that is not used again.
func (c *core) retire(k *conn) {
	if k.hup {
		k.close()
		return
	}
	c.lingering.add(k.fd)
	k.fd = -1
}

// fail records a failed request.
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

// timing returns the phases that the server reports for k's request, and the times before and after them by this
// machine's clock. If the server has another clock, as on another machine, these two are unknown.
func (c *core) timing(k *conn, done time.Duration) contract.Timing {
	reported := &k.parser.serverTiming
	if reported.Arrived == 0 || c.otherClock {
		return reported.Timing
	}
	t := reported.Timing
	arrive := time.Duration(reported.Arrived) - c.poll.zero - k.sent
	back := c.poll.zero + done - time.Duration(reported.Answered)
	if arrive >= 0 && back >= 0 {
		t.Add(contract.PhaseArrive, arrive)
		t.Add(contract.PhaseReturn, back)
	}
	return t
}

// record records the result of k's request.
func (c *core) record(k *conn, done time.Duration, class string) {
	if class != "" {
		c.excerpts.note(class, k.parser.excerpt)
	}
	*c.journal.next() = record.Observation{
		Intended: k.intended, Sent: k.sent, FirstByte: k.firstByte, Done: done,
		Status: k.parser.status, Bytes: k.parser.bytes, Timing: c.timing(k, done), Err: class, Request: k.request.index,
	}
}
