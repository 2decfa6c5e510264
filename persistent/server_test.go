package persistent_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forktax/persistent"
)

// These tests run in fake time over a network of pipes, so that durations are exact.

// A network is a listener and the dial function for it.
type network struct {
	offered chan net.Conn
	closed  chan struct{}
	once    sync.Once
	last    net.Conn // accepted when the listener is being closed; may be nil
}

var _ net.Listener = (*network)(nil)

func newNetwork() *network {
	return &network{offered: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case conn := <-n.offered:
		return conn, nil
	case <-n.closed:
		if conn := n.last; conn != nil {
			n.last = nil
			return conn, nil
		}
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

func (n *network) Addr() net.Addr { return address{} }

type address struct{}

func (address) Network() string { return "pipe" }
func (address) String() string  { return "pipe:1" }

func (n *network) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case n.offered <- server:
		return client, nil
	case <-n.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// A running is a server on a network.
type running struct {
	*network
	client *http.Client
	end    func()     // ends the context of Serve
	ended  chan error // yields the result of Serve
}

// serve starts a server. It must be called in a synctest bubble.
func serve(t *testing.T, s *persistent.Server) *running {
	ctx, end := context.WithCancel(t.Context())
	n := newNetwork()
	transport := &http.Transport{DialContext: n.dial}
	t.Cleanup(transport.CloseIdleConnections)
	r := &running{n, &http.Client{Transport: transport}, end, make(chan error, 1)}
	go func() { r.ended <- s.Serve(ctx, n) }()
	return r
}

// fetch returns the body of a response, or the text of the error.
func (r *running) fetch() string {
	resp, err := r.client.Get("http://server/")
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

var hello = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })

// after returns a handler that responds after d, or returns when the client disconnects.
func after(d time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(d):
			io.WriteString(w, "at last")
		case <-r.Context().Done():
		}
	})
}

func TestServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, &persistent.Server{Handler: hello})
		for range 3 {
			if got := r.fetch(); got != "hello" {
				t.Errorf("GET / = %q, want hello", got)
			}
		}
		begin := time.Now()
		r.end()
		if err := <-r.ended; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
		if took := time.Since(begin); took > 100*time.Millisecond {
			t.Errorf("an idle server took %v to end, want at most 100ms", took)
		}
		if got := r.fetch(); !strings.Contains(got, "refused") {
			t.Errorf("after the end, GET / = %q, want a refused connection", got)
		}
	})
}

// When the server shuts down, requests in progress are served, and no new ones are accepted.
func TestServeDrains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, &persistent.Server{Handler: after(5 * time.Second), Drain: 6 * time.Second})
		response := make(chan string, 1)
		go func() { response <- r.fetch() }()
		synctest.Wait()
		r.end()
		synctest.Wait()
		if got := r.fetch(); !strings.Contains(got, "refused") {
			t.Errorf("during the drain, GET / = %q, want a refused connection", got)
		}
		if got := <-response; got != "at last" {
			t.Errorf("request in progress = %q, want at last", got)
		}
		if err := <-r.ended; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
	})
}

// A request that takes longer than Drain is aborted at its end, and Serve returns an error.
func TestServeAborts(t *testing.T) {
	check := func(drain, want time.Duration) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			t.Helper()
			r := serve(t, &persistent.Server{Handler: after(time.Hour), Drain: drain})
			response := make(chan string, 1)
			go func() { response <- r.fetch() }()
			synctest.Wait()
			begin := time.Now()
			r.end()
			err := <-r.ended
			if took := time.Since(begin); took < want || took > want+10*time.Millisecond { // it looks for handlers at intervals
				t.Errorf("Drain %v: Serve took %v to end, want %v", drain, took, want)
			}
			if err == nil || !strings.Contains(err.Error(), "aborted") || !strings.Contains(err.Error(), want.String()) {
				t.Errorf("Drain %v: Serve = %v, want an error about requests aborted after %v", drain, err, want)
			}
			if got := <-response; got == "at last" {
				t.Errorf("Drain %v: response = %q, want none", drain, got)
			}
		})
	}
	check(time.Second, time.Second)
	check(0, persistent.DefaultDrain)
}

// Connections without a request do not delay the shutdown, whether they are idle or were never used.
func TestUnusedConnectionsDoNotDelayEnd(t *testing.T) {
	tests := map[string]func(*testing.T, *running){
		"never used": func(t *testing.T, r *running) { r.connect(t) },
		"used once": func(t *testing.T, r *running) {
			if got := r.fetch(); got != "hello" {
				t.Errorf("GET / = %q, want hello", got)
			}
		},
		"both, many": func(t *testing.T, r *running) {
			for range 20 {
				r.connect(t)
			}
			r.fetch()
		},
		// Accept may return another connection between the end of the context and the closing of the listener.
		"accepted at the end": func(t *testing.T, r *running) {
			client, server := net.Pipe()
			t.Cleanup(func() { client.Close() })
			r.last = server
		},
	}
	for name, connect := range tests {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := serve(t, &persistent.Server{Handler: hello, Drain: time.Second})
				connect(t, r)
				synctest.Wait()
				begin := time.Now()
				r.end()
				if err := <-r.ended; err != nil {
					t.Errorf("Serve = %v, want nil", err)
				}
				if took := time.Since(begin); took > 100*time.Millisecond {
					t.Errorf("Serve took %v to end, want at most 100ms", took)
				}
			})
		})
	}
}

func (r *running) connect(t *testing.T) {
	conn, err := r.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
}

// A client that never completes its request header is disconnected.
func TestReadHeaderTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, &persistent.Server{Handler: hello, Logger: log.New(io.Discard, "", 0)})
		conn, err := r.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		io.WriteString(conn, "GET / HTTP/1.1\r\n")
		io.Copy(io.Discard, bufio.NewReader(conn)) // until the server closes the connection
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("the server waited %v for a request header, want some seconds", took)
		}
		r.end()
		if err := <-r.ended; err != nil {
			t.Errorf("Serve = %v, want nil", err)
		}
	})
}

// When the listener fails, Serve returns an error with its address.
func TestListenerClosedUnderneath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, &persistent.Server{Handler: hello})
		if got := r.fetch(); got != "hello" {
			t.Errorf("GET / = %q, want hello", got)
		}
		r.network.Close()
		err := <-r.ended
		if !errors.Is(err, net.ErrClosed) || !strings.Contains(err.Error(), "pipe:1") {
			t.Errorf("Serve = %v, want an error with the address", err)
		}
	})
}

// A server on a TCP listener.
func TestServeOnLoopback(t *testing.T) {
	listen := func() net.Listener {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return ln
	}
	start := func(ctx context.Context, ln net.Listener) <-chan error {
		ended := make(chan error, 1)
		go func() { ended <- (&persistent.Server{Handler: hello}).Serve(ctx, ln) }()
		return ended
	}

	ln := listen()
	ctx, end := context.WithCancel(t.Context())
	ended := start(ctx, ln)
	resp, err := http.Get("http://" + ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if string(body) != "hello" {
		t.Errorf("GET / = %q, %v; want hello", body, err)
	}
	end()
	if err := <-ended; err != nil {
		t.Errorf("Serve = %v, want nil", err)
	}
	if conn, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		conn.Close()
		t.Errorf("%v still accepts connections after the end of Serve", ln.Addr())
	}

	ln = listen()
	ended = start(t.Context(), ln)
	ln.Close()
	if err := <-ended; err == nil || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("Serve on a closed listener = %v, want an error with %v", err, ln.Addr())
	}
}
