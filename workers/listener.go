package workers

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"forktax/cgi/spawn"
)

// A listener accepts connections from the standard input: that itself, if it is a connection, or those that it accepts,
// if it is a socket of a web server.
type listener struct {
	net.Listener // nil if the standard input is a connection

	mu    sync.Mutex
	first net.Conn // the connection, until it is accepted
	conns map[*conn]struct{}
	ended chan struct{} // closed with the connection
}

func listen() (*listener, error) {
	l := &listener{conns: map[*conn]struct{}{}, ended: make(chan struct{})}
	var err error
	if spawn.IsListening(standardInput) {
		l.Listener, err = net.FileListener(os.Stdin)
	} else {
		if l.first, err = net.FileConn(os.Stdin); err == nil {
			l.first = newOwnConn(l.first)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("standard input is not a connection of a FastCGI host: %w", err)
	}
	return l, nil
}

// Accept returns io.EOF when the only connection has been closed.
func (l *listener) Accept() (net.Conn, error) {
	if l.Listener != nil {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		return l.add(c), nil
	}
	if c := l.first; c != nil {
		l.first = nil
		return l.add(c), nil
	}
	<-l.ended
	return nil, io.EOF
}

func (l *listener) add(c net.Conn) net.Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := &conn{Conn: c, in: bufio.NewReaderSize(c, bufferSize), of: l}
	l.conns[own] = struct{}{}
	return own
}

// flush sends what the connections hold back. A connection whose server does not read delays no other.
func (l *listener) flush() {
	l.mu.Lock()
	all := slices.Collect(maps.Keys(l.conns))
	l.mu.Unlock()
	for _, c := range all {
		if len(all) == 1 {
			_ = c.flush() // the next write returns the error again
			break
		}
		if c.flushing.Swap(true) { // by another flush, which waits for the mutex
			continue
		}
		go func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.flushing.Store(false)
			_ = c.send()
		}()
	}
}

// A conn is a connection to a web server that reads several records at once, and holds records back: package
// net/http/fcgi reads and writes each with system calls of its own, and a request and a response have four or more. It
// writes whole records.
type conn struct {
	net.Conn
	in *bufio.Reader
	of *listener

	mu   sync.Mutex
	held []byte

	flushing atomic.Bool // a flush waits for the mutex
	closed   sync.Once
}

// mostRecords is the size in bytes of the records that are held back at most.
const mostRecords = 64 << 10

func (c *conn) Read(p []byte) (int, error) { return c.in.Read(p) }

func (c *conn) Write(record []byte) (int, error) {
	c.mu.Lock()
	c.held = append(c.held, record...)
	kind := record[1]
	holds := kind == stdout && len(c.held) < mostRecords
	c.mu.Unlock()
	if holds {
		return len(record), nil
	}
	err := c.flush()
	if own, ok := c.Conn.(*ownConn); ok && kind == endRequest {
		own.responded()
	}
	return len(record), err
}

func (c *conn) flush() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.send()
}

// send sends what is held back. The caller holds the mutex.
func (c *conn) send() error {
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.held)
	c.held = c.held[:0]
	return err
}

func (c *conn) Close() error {
	_ = c.flush()
	err := c.Conn.Close()
	c.closed.Do(func() {
		c.of.mu.Lock()
		delete(c.of.conns, c)
		c.of.mu.Unlock()
		if c.of.Listener == nil {
			close(c.of.ended)
		}
	})
	return err
}
