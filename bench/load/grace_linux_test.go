//go:build linux

package load_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"forktax/bench/load"
	"forktax/bench/record"
)

// oneAtATime serves connections one after another until each is closed, like a server with one worker.
func oneAtATime(t *testing.T) (url string) {
	t.Helper()
	worker := make(chan struct{}, 1)
	return serve(t, func(c *net.TCPConn, r *bufio.Reader) {
		select {
		case worker <- struct{}{}:
			defer func() { <-worker }()
		case <-t.Context().Done():
			return
		}
		replies(hello)(c, r)
	})
}

// With a grace, the engine does not wait for the timeout of clients that get no response because other connections
// occupy the workers. Each of them is recorded once, and the observations of the other client are kept.
func TestClosedGrace(t *testing.T) {
	const grace = 200 * time.Millisecond
	for name, engine := range map[string]load.Engine{"epoll": new(load.Epoll), "hey": load.Hey{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := closedVisit(oneAtATime(t), 4, 100*time.Millisecond)
			v.Grace = grace
			var seen observations
			began := time.Now()
			if err := engine.Run(t.Context(), v, &seen); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(began); took > v.Load.Timeout()/2 {
				t.Errorf("the visit took %v with a grace of %v", took, grace)
			}
			classes := seen.classes()
			right := classes[""]
			delete(classes, "")
			if diff := cmp.Diff(map[string]int{record.ErrUnfinished: 3}, classes); diff != "" || right == 0 {
				t.Errorf("%d correct responses, and (-want +got):\n%s", right, diff)
			}
			for _, o := range seen {
				// The time for connecting is part of the grace.
				if least := v.Length + grace/2; o.Err != "" && o.Done < least {
					t.Errorf("a request was abandoned after %v, want at least %v", o.Done, least)
				}
			}
		})
	}
}

// A request that begins after the end of the block, to reach MinRequests, has the full grace. A response within the
// grace is correct.
func TestClosedGraceOfSlowResponses(t *testing.T) {
	for name, engine := range map[string]load.Engine{"epoll": new(load.Epoll), "hey": load.Hey{}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := counted(t, func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(40 * time.Millisecond)
				io.WriteString(w, "hello\n")
			})
			v := closedVisit(url, 1, time.Millisecond)
			v.MinRequests, v.Grace = 4, 10*time.Second
			var seen observations
			if err := engine.Run(t.Context(), v, &seen); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[string]int{"": 4}, seen.classes()); diff != "" {
				t.Errorf("classes (-want +got):\n%s", diff)
			}
		})
	}
}

// With a grace, the engine does not wait for the timeout of connections that do not fit into the listen backlog.
func TestClosedGraceOfConnecting(t *testing.T) {
	v := closedVisit(fullBacklog(t), 8, 50*time.Millisecond)
	v.Grace = 200 * time.Millisecond
	began := time.Now()
	seen := run(t, new(load.Epoll), v)
	if took := time.Since(began); took > v.Load.Timeout()/2 {
		t.Errorf("the visit took %v with a grace of %v", took, v.Grace)
	}
	if diff := cmp.Diff(map[string]int{record.ErrUnfinished: 8}, seen.classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
}

// fullBacklog returns the URL of a server that accepts no connections and has a backlog for two.
func fullBacklog(t *testing.T) (url string) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("http://127.0.0.1:%d", name.(*unix.SockaddrInet4).Port)
}
