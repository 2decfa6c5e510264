package traps

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A connection is a reused connection to the server that records when the parts of a response arrive.
type connection struct {
	net.Conn
	segments *segments
	reader   *bufio.Reader
	message  []byte        // the request as bytes on the wire
	request  *http.Request // the same request, for parsing the response
	stop     func() bool   // stops watching ctx
}

// A reply holds the timing of a response.
type reply struct {
	took   time.Duration // time from sending the request to the last byte
	gap    time.Duration // longest time between two parts
	closes bool          // the server closes the connection after it
}

// segments is a TCP connection that records the time between reads.
type segments struct {
	net.Conn
	quickly bool // acknowledge each segment immediately
	last    time.Time
	gap     time.Duration
}

// Read implements net.Conn. It records the longest time between two reads.
func (s *segments) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	now := time.Now()
	if !s.last.IsZero() {
		s.gap = max(s.gap, now.Sub(s.last))
	}
	s.last = now
	if s.quickly {
		acknowledge(s.Conn)
	}
	return n, err
}

// address returns the address of the server, and reports whether it uses TLS.
func (p *probe) address() (address string, secure bool, err error) {
	u, err := url.Parse(p.URL)
	if err != nil {
		return "", false, err
	}
	port := u.Port()
	if port == "" {
		port = u.Scheme // package net accepts http and https as names of ports
	}
	return net.JoinHostPort(u.Hostname(), port), u.Scheme == "https", nil
}

// connect opens a connection within the limit. The connection is closed when ctx ends.
func (p *probe) connect(ctx context.Context, limit time.Duration) (*connection, error) {
	address, secure, err := p.address()
	if err != nil {
		return nil, err
	}
	r := p.Requests[0]
	request, err := http.NewRequestWithContext(ctx, r.Method, p.URL+r.Path, strings.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	r.SetHeaders(request)
	var message bytes.Buffer
	if err := request.Write(&message); err != nil {
		return nil, err
	}
	dialer := net.Dialer{Timeout: limit}
	conn, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	s := &segments{Conn: conn}
	c := &connection{Conn: s, segments: s, message: message.Bytes(), request: request,
		stop: context.AfterFunc(ctx, func() { conn.Close() })}
	if secure { // like the load engines, this does not verify certificates
		c.Conn = tls.Client(s, &tls.Config{InsecureSkipVerify: true, ServerName: request.URL.Hostname()})
	}
	c.reader = bufio.NewReader(c.Conn)
	return c, nil
}

// Close closes the connection, whether or not ctx has ended.
func (c *connection) Close() error {
	c.stop()
	return c.segments.Close()
}

// roundTrip sends the request and reads the response to its end.
func (c *connection) roundTrip() (r reply, err error) {
	began := time.Now()
	if err := c.send(); err != nil {
		return r, err
	}
	c.segments.last, c.segments.gap = time.Time{}, 0
	response, err := http.ReadResponse(c.reader, c.request)
	if err != nil {
		return r, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return r, fmt.Errorf("reading the body: %w", err)
	}
	return reply{took: time.Since(began), gap: c.segments.gap, closes: response.Close}, nil
}

func (c *connection) send() error {
	_, err := c.Conn.Write(c.message)
	return err
}

// median returns the upper median of durations, which must not be empty.
func median(all []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(all))[len(all)/2]
}

// formatDuration formats a duration with three significant digits.
func formatDuration(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.3g ms", float64(d)/float64(time.Millisecond))
}
