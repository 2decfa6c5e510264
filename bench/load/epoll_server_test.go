//go:build linux

package load_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// observations is a recorder that keeps all observations.
type observations []record.Observation

func (t *observations) Observe(batch []record.Observation) { *t = append(*t, batch...) }

// classes returns the number of observations by class; "" means correct.
func (t observations) classes() map[string]int {
	n := map[string]int{}
	for _, o := range t {
		n[o.Err]++
	}
	return n
}

// run makes a visit, which must succeed, and returns its observations.
func run(t *testing.T, e *load.Epoll, v load.Visit) observations {
	t.Helper()
	var seen observations
	if err := e.Run(t.Context(), v, &seen); err != nil {
		t.Fatalf("Run: %v", err)
	}
	for i, o := range seen {
		if o.Sent < o.Intended || o.Done < o.Sent || o.FirstByte != 0 && (o.FirstByte < o.Sent || o.Done < o.FirstByte) {
			t.Errorf("observation %d: times are out of order: %+v", i, o)
		}
	}
	return seen
}

// clients returns a visit with a closed loop of n requests.
func clients(url string, c, n int) load.Visit {
	return load.Visit{URL: url, Request: contract.Request{Name: "test", Method: "GET", Path: "/"}, MinRequests: n,
		Load: plan.Load{Kind: plan.Closed, Concurrency: c}}
}

// counted serves h and counts the connections to it.
func counted(t *testing.T, h http.HandlerFunc) (url string, conns *atomic.Int64) {
	t.Helper()
	conns = new(atomic.Int64)
	s := httptest.NewUnstartedServer(h)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			conns.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, conns
}

// serve starts a TCP server that calls talk for each connection, and closes the connection when talk returns.
func serve(t *testing.T, talk func(c *net.TCPConn, r *bufio.Reader)) (url string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var talks sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		l.Close()
		talks.Wait()
	})
	talks.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ctx, func() { c.Close() })
			talks.Go(func() {
				defer c.Close()
				talk(c.(*net.TCPConn), bufio.NewReader(c))
			})
		}
	})
	return "http://" + l.Addr().String()
}

// asked reads a request with its body, and reports whether that succeeded.
func asked(r *bufio.Reader) bool {
	q, err := http.ReadRequest(r)
	if err != nil {
		return false
	}
	_, err = io.Copy(io.Discard, q.Body)
	return err == nil
}

// replies sends the same response to each request, in one write.
func replies(text string) func(*net.TCPConn, *bufio.Reader) {
	return func(c *net.TCPConn, r *bufio.Reader) {
		for asked(r) {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

// refusing returns the URL of a port that refuses connections.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	return "http://" + l.Addr().String()
}

const hello = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"

func helloHandler(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "hello\n") }

// long is a body too long for a single read or write.
var long = strings.Repeat("0123456789abcdef", 1<<18)
