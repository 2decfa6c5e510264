package workers

import (
	"encoding/binary"
	"net"
	"sync"
	"syscall"
)

// An ownConn is the connection to our own host, which sends one request at a time. Between two requests that follow one
// another closely, it waits in a system call of which Go's scheduler does not know. Otherwise the scheduler would find
// all of its processors idle, and at each request wake the thread that watches them, which then polls for some time.
type ownConn struct {
	net.Conn
	raw syscall.RawConn

	mu       sync.Mutex
	ended    sync.Cond // the response is complete
	requests requestReader
	served   bool // a request was served since the connection was last silent
}

func newOwnConn(c net.Conn) net.Conn {
	s, ok := c.(syscall.Conn)
	if !ok {
		return c
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return c
	}
	own := &ownConn{Conn: c, raw: raw}
	own.ended.L = &own.mu
	return own
}

// Read reads records of a request. The next request does not come before the response to the last one is complete, so
// nothing is read meanwhile: the handler needs the processor.
func (c *ownConn) Read(p []byte) (int, error) {
	c.mu.Lock()
	for c.requests.state == requestComplete {
		c.ended.Wait()
	}
	wait := c.served && c.requests.state == noRequest
	c.mu.Unlock()
	if wait && !awaitData(c.raw) { // it has been silent for a while
		c.mu.Lock()
		c.served = false
		c.mu.Unlock()
	}
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.requests.read(p[:n])
	if err != nil { // a reader must not wait for the end of a response
		c.requests.state = noRequest
	}
	c.mu.Unlock()
	return n, err
}

// responded is called when the response to a request was sent.
func (c *ownConn) responded() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests.state, c.served = noRequest, true
	c.ended.Broadcast()
}

// States of a request.
const (
	noRequest       = iota
	requestBegun    // a part of it has arrived
	requestComplete // all of it has arrived
)

// A requestReader follows the records that are read, and reports whether a request is complete.
type requestReader struct {
	state  int
	header [headerSize]byte
	have   int // bytes of the header
	skip   int // bytes until the next header
}

func (r *requestReader) read(b []byte) {
	for len(b) > 0 {
		if n := min(r.skip, len(b)); n > 0 {
			r.skip -= n
			b = b[n:]
			continue
		}
		n := copy(r.header[r.have:], b)
		r.have += n
		b = b[n:]
		if r.have < headerSize {
			return
		}
		content := int(binary.BigEndian.Uint16(r.header[4:6]))
		r.have, r.skip = 0, content+int(r.header[6])
		switch kind := r.header[1]; {
		case kind == beginRequest:
			r.state = requestBegun
		case kind == stdin && content == 0 && r.state == requestBegun: // not what remained of one that was responded to
			r.state = requestComplete
		}
	}
}
