package traps_test

import (
	"bufio"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"forktax/bench/traps"
)

// A rawServer writes the parts of its responses one by one.
type rawServer struct {
	head, pause time.Duration // before the head, and between head and body
	whole       bool          // head and body are written at once
	noDelay     bool          // without Nagle's algorithm
}

// serve serves until the test ends, and returns the address.
func (s rawServer) serve(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.handle(c.(*net.TCPConn))
		}
	}()
	return l.Addr().String()
}

func (s rawServer) handle(c *net.TCPConn) {
	defer c.Close()
	if err := c.SetNoDelay(s.noDelay); err != nil {
		return
	}
	const head, body = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", "hello\n"
	parts := []string{head, body}
	if s.whole {
		parts = []string{head + body}
	}
	requests := bufio.NewReader(c)
	for {
		if _, err := http.ReadRequest(requests); err != nil {
			return
		}
		time.Sleep(s.head)
		for i, part := range parts {
			if i > 0 {
				time.Sleep(s.pause)
			}
			if _, err := c.Write([]byte(part)); err != nil {
				return
			}
		}
	}
}

func TestDelayedACK(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("other systems delay acknowledgements otherwise")
	}
	const delay = 43 * time.Millisecond // as long as a delayed ACK takes
	for name, test := range map[string]struct {
		server rawServer
		has    bool
	}{
		"head and body apart":         {rawServer{}, true},
		"apart, without Nagle":        {rawServer{noDelay: true}, false},
		"at once":                     {rawServer{whole: true}, false},
		"the body takes as long":      {rawServer{pause: delay, noDelay: true}, false},
		"and is held back by nothing": {rawServer{pause: delay}, false},
		"the head takes as long":      {rawServer{head: delay, whole: true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := traps.Case{Model: "persistent", URL: "http://" + test.server.serve(t), Requests: get, Reused: true}
			found := traps.Detect(t.Context(), c)
			if got := find(found, "delayed-ack") != nil; got != test.has {
				t.Errorf("Detect = %v, want delayed-ack: %v", found, test.has)
			}
			c.Reused = false
			if found := traps.Detect(t.Context(), c); found != nil {
				t.Errorf("with a connection for each request: Detect = %v, want no trap", found)
			}
		})
	}
}

// Python's http.server writes head and body apart.
func TestDelayedACKOfPython(t *testing.T) {
	found := traps.Detect(t.Context(), python(t))
	trap := find(found, "delayed-ack")
	if trap == nil {
		t.Fatalf("Detect = %v, want delayed-ack", found)
	}
	for _, want := range []string{"the second part came 4", "of CPU a request", "acknowledges at once"} {
		if !strings.Contains(trap.Evidence, want) {
			t.Errorf("the evidence %q is without %q", trap.Evidence, want)
		}
	}
	if found := traps.Detect(t.Context(), python(t, "whole")); found != nil {
		t.Errorf("Detect of a server that writes at once = %v, want no trap", found)
	}
}

// Also by TLS: records that are written apart are segments apart, unless the server switches Nagle's algorithm off, as
// Go's does.
func TestNoDelayedACKByTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("hello"))
		w.(http.Flusher).Flush()
		w.Write([]byte("world"))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of connections on which nothing is asked
	s.StartTLS()
	defer s.Close()
	c := traps.Case{URL: s.URL, Requests: get, Clients: 8, Reused: true}
	if found := traps.Detect(t.Context(), c); found != nil {
		t.Errorf("Detect = %v, want no trap", found)
	}
}
