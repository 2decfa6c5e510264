//go:build linux

package load_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
)

func TestEpollBrokenResponses(t *testing.T) {
	for name, c := range broken {
		url := serve(t, func(conn *net.TCPConn, r *bufio.Reader) {
			if asked(r) {
				io.WriteString(conn, c.in)
				conn.CloseWrite()
				io.Copy(io.Discard, r) // unread bytes would reset the connection
			}
		})
		seen := run(t, new(load.Epoll), clients(url, 2, 4))
		if diff := cmp.Diff(map[string]int{c.class: 4}, seen.classes()); diff != "" {
			t.Errorf("%s: classes (-want +got):\n%s", name, diff)
		}
	}
}

func TestEpollFailures(t *testing.T) {
	const timeout = 50 * time.Millisecond
	for name, c := range map[string]struct {
		talk  func(c *net.TCPConn, r *bufio.Reader)
		class string
	}{
		"bytes behind the response": {replies(hello + "hello"), record.ErrMalformed},
		"two responses":             {replies(hello + hello), record.ErrMalformed},
		"reset": {func(c *net.TCPConn, r *bufio.Reader) {
			asked(r)
			c.SetLinger(0)
		}, record.ErrReset},
		"reset in the body": {func(c *net.TCPConn, r *bufio.Reader) {
			asked(r)
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\nhello")
			c.SetLinger(0)
		}, record.ErrReset},
		"silence": {func(c *net.TCPConn, r *bufio.Reader) {
			io.Copy(io.Discard, r)
		}, record.ErrTimeout},
		"half a response": {func(c *net.TCPConn, r *bufio.Reader) {
			asked(r)
			io.WriteString(c, hello[:30])
			io.Copy(io.Discard, r)
		}, record.ErrTimeout},
		"an endless body": {func(c *net.TCPConn, r *bufio.Reader) {
			asked(r)
			_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			for err == nil {
				_, err = io.WriteString(c, long)
			}
		}, record.ErrTimeout},
	} {
		v := clients(serve(t, c.talk), 2, 4)
		v.Load.TimeoutNS = int64(timeout)
		seen := run(t, &load.Epoll{MaxBody: 1 << 40}, v)
		if diff := cmp.Diff(map[string]int{c.class: 4}, seen.classes()); diff != "" {
			t.Errorf("%s: classes (-want +got):\n%s", name, diff)
		}
		for _, o := range seen {
			if want := max(o.Intended+timeout, o.FirstByte); c.class == record.ErrTimeout && o.Done != want {
				t.Errorf("%s: timed out at %v, want exactly %v", name, o.Done, want)
			}
		}
	}
}

func TestEpollBodyLimit(t *testing.T) {
	url := serve(t, func(c *net.TCPConn, r *bufio.Reader) {
		asked(r)
		_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
		for err == nil {
			_, err = io.WriteString(c, long)
		}
	})
	seen := run(t, &load.Epoll{MaxBody: 10 << 20}, clients(url, 1, 2))
	if diff := cmp.Diff(map[string]int{record.ErrTooLarge: 2}, seen.classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
}

func TestEpollRefused(t *testing.T) {
	url := refusing(t)
	seen := run(t, new(load.Epoll), clients(url, 1, 3))
	if diff := cmp.Diff(map[string]int{record.ErrRefused: 3}, seen.classes()); diff != "" {
		t.Errorf("closed loop: classes (-want +got):\n%s", diff)
	}
	for i := 1; i < len(seen); i++ {
		if gap := seen[i].Sent - seen[i-1].Done; gap < 10*time.Millisecond {
			t.Errorf("the client tried again after %v, want at least 10 ms", gap)
		}
	}
	v := arriving(url, 1000, 100*time.Millisecond)
	seen = run(t, new(load.Epoll), v)
	want := map[string]int{record.ErrRefused: len(sendTimes(t, v.Load, v.Length, 0, v.Seed))}
	if diff := cmp.Diff(want, seen.classes()); diff != "" {
		t.Errorf("open loop: classes (-want +got):\n%s", diff)
	}
}

func TestEpollInterrupted(t *testing.T) {
	for name, change := range map[string]func(v *load.Visit){
		"closed loop": func(v *load.Visit) { v.MinRequests = 1000 },
		"open loop":   func(v *load.Visit) { *v = arriving(v.URL, 1000, 10*time.Second) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		url := serve(t, func(c *net.TCPConn, r *bufio.Reader) {
			asked(r)
			cancel()
			io.Copy(io.Discard, r)
		})
		v := clients(url, 3, 0)
		change(&v)
		var seen observations
		if err := new(load.Epoll).Run(ctx, v, &seen); err != nil {
			t.Errorf("%s: Run: %v", name, err)
		}
		want := 3
		if v.Load.Kind == plan.Open {
			want = len(sendTimes(t, v.Load, v.Length, 0, v.Seed))
		}
		if diff := cmp.Diff(map[string]int{record.ErrInterrupted: want}, seen.classes()); diff != "" {
			t.Errorf("%s: classes (-want +got):\n%s", name, diff)
		}
	}
}

// The engine waits for a slow connection. If it is opened for a request, connecting is part of the request.
func TestEpollSlowConnect(t *testing.T) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "listener")
	defer f.Close()
	loopback := &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}
	if err := errors.Join(unix.Bind(fd, loopback), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	l, err := net.FileListener(f)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	first, err := net.Dial("tcp", l.Addr().String()) // fills the backlog
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()

	v := clients("http://"+l.Addr().String(), 1, 1)
	v.Load.NoReuse = true
	v.Load.TimeoutNS = int64(30 * time.Millisecond)
	if diff := cmp.Diff(map[string]int{record.ErrTimeout: 1}, run(t, new(load.Epoll), v).classes()); diff != "" {
		t.Errorf("with a full queue: classes (-want +got):\n%s", diff)
	}
	time.AfterFunc(100*time.Millisecond, func() { http.Serve(l, http.HandlerFunc(helloHandler)) })
	v.Load.TimeoutNS = 0
	if diff := cmp.Diff(map[string]int{"": 1}, run(t, new(load.Epoll), v).classes()); diff != "" { // after a second
		t.Errorf("with a queue that opens: classes (-want +got):\n%s", diff)
	}
}
