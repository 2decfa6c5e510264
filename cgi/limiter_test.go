package cgi_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"forktax/cgi"
	"forktax/workload/contract"
)

// No more than Limits.Children children run at once. Each records its start and its end in a file, and runs until its
// request body ends.
func TestChildrenAtOnce(t *testing.T) {
	const requests, atOnce = 6, 2
	file := filepath.Join(t.TempDir(), "log")
	host := shell(`echo + >>"$LOG"; cat; echo - >>"$LOG"; printf 'Content-Type: text/plain\n\nhello'`, "LOG="+file)
	host.Limits.Children = atOnce
	var all sync.WaitGroup
	var bodies []io.Closer
	for range requests {
		body, end := io.Pipe()
		bodies = append(bodies, end)
		all.Go(func() {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(http.MethodPost, "/", body)
			r.ContentLength = 1 // a body without a length would be read before a child is started
			host.ServeHTTP(w, r)
			if w.Code != http.StatusOK || w.Body.String() != "hello" {
				t.Errorf("POST / = %d %q, want 200 hello", w.Code, w.Body)
			}
		})
	}
	started := func() int {
		events, _ := os.ReadFile(file) // the first child creates it
		return strings.Count(string(events), "+")
	}
	eventually(t, "the maximum of children run, and the other requests wait", func() bool {
		s := host.Stats()
		return s.Running == atOnce && s.Waiting == requests-atOnce && started() == atOnce
	})
	for _, end := range bodies {
		end.Close()
	}
	all.Wait()

	events, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	running, most := 0, 0
	for _, line := range strings.Fields(string(events)) {
		if line == "+" {
			running++
		} else {
			running--
		}
		most = max(most, running)
	}
	if most != atOnce {
		t.Errorf("%d children at once, want %d", most, atOnce)
	}
	if got, want := host.Stats(), (cgi.Stats{Started: requests}); got != want {
		t.Errorf("Stats() = %+v, want %+v", got, want)
	}
}

// A gate is a client that accepts its response when open is closed, and keeps the slot of its request until then. With
// a program that does not exist, it tests the queue without any process.
type gate struct {
	*httptest.ResponseRecorder
	reached func()
	open    <-chan struct{}
}

func (g gate) WriteHeader(status int) {
	g.reached()
	<-g.open
	g.ResponseRecorder.WriteHeader(status)
}

// A crowd sends requests to a host, numbered from 0, and records which of them got a slot, in order.
type crowd struct {
	host *cgi.Host
	open chan struct{}
	all  sync.WaitGroup
	mu   sync.Mutex
	got  []int
}

func newCrowd(t *testing.T, children, queue int) *crowd {
	t.Helper()
	quiet := log.New(io.Discard, "", 0)
	c := &crowd{
		host: &cgi.Host{Path: "/no/such/program", Dir: "/", Logger: quiet,
			Limits: contract.ChildLimits{Children: children, Queue: queue}},
		open: make(chan struct{}),
	}
	t.Cleanup(func() {
		c.host.Close()
		time.Sleep(time.Second) // fake time of the bubble: until the host's watch goroutine has ended
	})
	return c
}

// send sends request number i and returns when it is blocked or done.
func (c *crowd) send(ctx context.Context, i int) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	g := gate{ResponseRecorder: w, open: c.open, reached: func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.got = append(c.got, i)
	}}
	c.all.Go(func() {
		defer func() { // a client that leaves the queue gets no response
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				panic(p)
			}
		}()
		c.host.ServeHTTP(g, httptest.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprint("/", i), nil))
	})
	synctest.Wait()
	return w
}

// expect compares the counts of slots and queue.
func (c *crowd) expect(t *testing.T, running, waiting, refused int64) {
	t.Helper()
	s := c.host.Stats()
	if s.Running != running || s.Waiting != waiting || s.Refused != refused {
		t.Errorf("%d running, %d waiting, %d refused; want %d, %d, %d", s.Running, s.Waiting, s.Refused,
			running, waiting, refused)
	}
}

func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 2, 3)
		for i := range 2 + 3 {
			c.send(t.Context(), i)
		}
		c.expect(t, 2, 3, 0)
		w := sendRefused(c, 5)
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") != "1" {
			t.Errorf("with a full queue: %d, Retry-After %q; want 503, 1", w.Code, w.Header().Get("Retry-After"))
		}
		c.expect(t, 2, 3, 1)
		close(c.open)
		c.all.Wait()
		c.expect(t, 0, 0, 1)
		if want := []int{0, 1, 2, 3, 4}; !slices.Equal(slices.Sorted(slices.Values(c.got)), want) {
			t.Errorf("requests %v got a slot, want %v", c.got, want)
		}
	})
}

// sendRefused sends a request that does not wait at a gate, and returns the response.
func sendRefused(c *crowd, i int) *httptest.ResponseRecorder {
	return ask(c.host, fmt.Sprint("/", i))
}

func TestQueueKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 1, 20)
		var want []int
		for i := range 20 {
			c.send(t.Context(), i)
			want = append(want, i)
		}
		close(c.open)
		c.all.Wait()
		if !slices.Equal(c.got, want) {
			t.Errorf("the slot was given to %v, want %v", c.got, want)
		}
	})
}

// A client that disconnects while it waits frees its place in the queue, and no child is started for it.
func TestLeavingTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 1, 1)
		c.send(t.Context(), 0)
		ctx, leave := context.WithCancel(t.Context())
		w := c.send(ctx, 1)
		c.expect(t, 1, 1, 0)
		leave()
		synctest.Wait()
		c.expect(t, 1, 0, 0)
		if w.Body.Len() != 0 {
			t.Errorf("response = %q, want none", w.Body)
		}
		c.send(t.Context(), 2)
		c.expect(t, 1, 1, 0)
		close(c.open)
		c.all.Wait()
		if want := []int{0, 2}; !slices.Equal(c.got, want) {
			t.Errorf("the slot was given to %v, want %v", c.got, want)
		}
	})
}

func TestNoQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCrowd(t, 1, -1)
		c.send(t.Context(), 0)
		if w := sendRefused(c, 1); w.Code != http.StatusServiceUnavailable {
			t.Errorf("without a queue: %d, want 503", w.Code)
		}
		close(c.open)
		c.all.Wait()
		c.expect(t, 0, 0, 1)
		if w := sendRefused(c, 2); w.Code != http.StatusInternalServerError {
			t.Errorf("with a free slot: %d, want 500, because the program does not exist", w.Code)
		}
	})
}
