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

// A rawServer writes head and body of its responses separately.
type rawServer struct {
	head, pause time.Duration // delay before the head, and between head and body
	whole       bool          // writes head and body in one call
	noDelay     bool          // disables Nagle's algorithm
}

// serve starts the server for the duration of the test, and returns its address.
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
		t.Skip("other systems delay acknowledgements differently")
	}
	const delay = 43 * time.Millisecond // the duration of a delayed ACK
	for name, test := range map[string]struct {
		server rawServer
		has    bool
	}{
		"head and body apart":      {rawServer{}, true},
		"apart, without Nagle":     {rawServer{noDelay: true}, false},
		"one write":                {rawServer{whole: true}, false},
		"slow body, without Nagle": {rawServer{pause: delay, noDelay: true}, false},
		"slow body":                {rawServer{pause: delay}, false},
		"slow head":                {rawServer{head: delay, whole: true}, false},
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
				t.Errorf("with a connection per request: Detect = %v, want no trap", found)
			}
		})
	}
}

// Python's http.server writes head and body separately.
func TestDelayedACKOfPython(t *testing.T) {
	found := traps.Detect(t.Context(), python(t))
	trap := find(found, "delayed-ack")
	if trap == nil {
		t.Fatalf("Detect = %v, want delayed-ack", found)
	}
	for _, want := range []string{"the second part came 4", "of CPU time per request", "immediate acknowledgements"} {
		if !strings.Contains(trap.Evidence, want) {
			t.Errorf("evidence %q: want %q in it", trap.Evidence, want)
		}
	}
	if found := traps.Detect(t.Context(), python(t, "whole")); found != nil {
		t.Errorf("Detect of a server with one write = %v, want no trap", found)
	}
}

// The trap also exists with TLS, since separate records are separate segments. Go's server disables Nagle's algorithm,
// so it does not have the trap.
func TestNoDelayedACKByTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte("hello"))
		w.(http.Flusher).Flush()
		w.Write([]byte("world"))
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // it logs connections without a request
	s.StartTLS()
	defer s.Close()
	c := traps.Case{URL: s.URL, Requests: get, Clients: 8, Reused: true}
	if found := traps.Detect(t.Context(), c); found != nil {
		t.Errorf("Detect = %v, want no trap", found)
	}
}
