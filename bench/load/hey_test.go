package load_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// patience is a timeout for tests that would otherwise hang; no test is expected to reach it.
const patience = 20 * time.Second

// batchRecorder is a recorder that keeps a copy of every batch.
type batchRecorder struct{ batches [][]record.Observation }

func (h *batchRecorder) Observe(batch []record.Observation) {
	h.batches = append(h.batches, slices.Clone(batch))
}

func (h *batchRecorder) all() []record.Observation { return slices.Concat(h.batches...) }

// errors returns the number of observations by class; "" means correct.
func (h *batchRecorder) errors() map[string]int {
	counts := map[string]int{}
	for _, o := range h.all() {
		counts[o.Err]++
	}
	return counts
}

// counting serves h and counts the requests and the highest number of concurrent requests.
type counting struct {
	h                   http.Handler
	requests, now, most atomic.Int64
}

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.requests.Add(1)
	now := c.now.Add(1)
	defer c.now.Add(-1)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
	}
	c.h.ServeHTTP(w, r)
}

// heyServer serves h until the test ends.
func heyServer(t *testing.T, h http.HandlerFunc) (*counting, string) {
	c := &counting{h: h}
	s := httptest.NewServer(c)
	t.Cleanup(s.Close)
	return c, s.URL
}

func responses(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello\n") }

// closedVisit returns a visit to url with a closed loop of c clients and that length.
func closedVisit(url string, c int, length time.Duration) load.Visit {
	return load.Visit{URL: url, Request: contract.Request{Name: "it", Method: "GET", Path: "/"},
		Load: plan.Load{Kind: plan.Closed, Concurrency: c}, Length: length}
}

func heyRun(t *testing.T, h load.Hey, v load.Visit) *batchRecorder {
	t.Helper()
	rec := &batchRecorder{}
	if err := h.Run(t.Context(), v, rec); err != nil {
		t.Fatalf("%+v.Run(%+v) = %v", h, v, err)
	}
	return rec
}

func TestHeyObservesWhatTheServerCounts(t *testing.T) {
	for _, clients := range []int{1, 3, 8} {
		t.Run(fmt.Sprint(clients), func(t *testing.T) {
			// The first requests wait for each other, so the test hangs unless all clients work concurrently.
			var first sync.WaitGroup
			first.Add(clients)
			var arrived atomic.Int64
			server, url := heyServer(t, func(w http.ResponseWriter, r *http.Request) {
				if arrived.Add(1) <= int64(clients) {
					first.Done()
					first.Wait()
				}
				responses(w, r)
			})
			began := time.Now()
			seen := heyRun(t, load.Hey{}, closedVisit(url, clients, 50*time.Millisecond)).all()
			length := time.Since(began)

			if got, want := len(seen), int(server.requests.Load()); got != want {
				t.Errorf("%d observations, want %d, the server's count", got, want)
			}
			if got := server.most.Load(); got != int64(clients) {
				t.Errorf("at most %d concurrent requests, want %d", got, clients)
			}
			for i, o := range seen {
				if o.Err != "" || o.Status != 200 || o.Intended != o.Sent || o.Sent < 0 || o.FirstByte < o.Sent ||
					o.Done < o.FirstByte || o.Done > length {
					t.Fatalf("observation %d of a block of %v: %+v", i, length, o)
				}
			}
		})
	}
}

func TestHeySendsAtLeast(t *testing.T) {
	server, url := heyServer(t, responses)
	for _, atLeast := range []int{1, 7, 500} {
		server.requests.Store(0)
		v := closedVisit(url, 3, time.Nanosecond)
		v.MinRequests = atLeast
		seen := heyRun(t, load.Hey{}, v).all()
		if len(seen) < atLeast || len(seen) != int(server.requests.Load()) {
			t.Errorf("%d observations of %d requests, want at least %d", len(seen), server.requests.Load(), atLeast)
		}
	}
}

func TestHeySplitsALongBlock(t *testing.T) {
	check := func(h load.Hey, clients int, length time.Duration, atLeast, mostInABatch int) {
		t.Helper()
		server, url := heyServer(t, responses)
		v := closedVisit(url, clients, length)
		v.MinRequests = atLeast
		rec := heyRun(t, h, v)
		seen := rec.all()
		if len(seen) < atLeast || len(seen) != int(server.requests.Load()) {
			t.Errorf("%+v with %d clients: %d observations of %d requests, want at least %d", h, clients, len(seen),
				server.requests.Load(), atLeast)
		}
		if got, atLeast := len(rec.batches), (atLeast+mostInABatch-1)/mostInABatch; got < atLeast {
			t.Errorf("%+v with %d clients: %d batches, want at least %d", h, clients, got, atLeast)
		}
		var last time.Duration
		for i, batch := range rec.batches {
			if len(batch) > mostInABatch {
				t.Errorf("%+v with %d clients: %d observations in batch %d, want at most %d", h, clients, len(batch), i,
					mostInABatch)
			}
			latest := last
			for _, o := range batch {
				if o.Sent < last {
					t.Fatalf("%+v with %d clients: batch %d has %+v, but the previous one ended at %v", h, clients, i, o, last)
				}
				latest = max(latest, o.Done)
			}
			last = latest
		}
	}
	check(load.Hey{Piece: 50}, 1, time.Nanosecond, 500, 50)
	check(load.Hey{Piece: 50}, 4, time.Nanosecond, 500, 48)       // 12 for each client
	check(load.Hey{Piece: 50}, 4, 50*time.Millisecond, 0, 48)     // by time
	check(load.Hey{Piece: 2}, 8, time.Nanosecond, 100, 8)         // at least one per client
	check(load.Hey{}, 4, time.Nanosecond, 500, 1_000_000)         // the default does not split this
	check(load.Hey{Piece: 2_000}, 2, 20*time.Millisecond, 1, 2e3) // one piece may do
}

func TestHeyReportsErrors(t *testing.T) {
	hijack := func(how func(*net.TCPConn)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				panic(err)
			}
			how(conn.(*net.TCPConn))
			conn.Close()
		}
	}
	smtp := func(c *net.TCPConn) { io.WriteString(c, "220 ready\r\n") }
	last := func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Connection", "close") }
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	redirect := http.RedirectHandler("/elsewhere", http.StatusFound)
	for name, test := range map[string]struct {
		response http.HandlerFunc
		want     string // the class of every observation
	}{
		"the response is correct":                  {responses, ""},
		"the status is wrong":                      {status(500), record.ErrWrongStatus},
		"the status is another 2xx":                {status(204), record.ErrWrongStatus},
		"a redirect is not followed":               {redirect.ServeHTTP, record.ErrWrongStatus},
		"the server closes without a response":     {hijack(func(*net.TCPConn) {}), record.ErrClosed},
		"the server resets the connection":         {hijack(func(c *net.TCPConn) { c.SetLinger(0) }), record.ErrReset},
		"the server does not speak HTTP":           {hijack(smtp), record.ErrMalformed},
		"the server wants no connection kept open": {last, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server, url := heyServer(t, test.response)
			v := closedVisit(url, 2, 10*time.Millisecond)
			v.Request.Path = "/EOF-closed-header" // words that also occur in error messages
			v.MinRequests = 3
			got := heyRun(t, load.Hey{}, v).errors()
			want := map[string]int{test.want: int(server.requests.Load())}
			if diff := cmp.Diff(want, got); diff != "" || want[test.want] < v.MinRequests {
				t.Errorf("errors by class, and the server's count (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeyKeepsSuccessesAmongErrors(t *testing.T) {
	var n, closed atomic.Int64
	server, url := heyServer(t, func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1)%3 == 0 {
			closed.Add(1)
			panic(http.ErrAbortHandler)
		}
		responses(w, r)
	})
	v := closedVisit(url, 2, 20*time.Millisecond)
	v.Request.Method = "POST" // net/http may repeat a GET without notice
	v.MinRequests = 10
	got := heyRun(t, load.Hey{}, v).errors()
	want := map[string]int{"": int(server.requests.Load() - closed.Load()), record.ErrClosed: int(closed.Load())}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors by class (-want +got):\n%s", diff)
	}
}

func TestHeyIsRefused(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(responses))
	s.Close()
	v := closedVisit(s.URL, 2, time.Millisecond)
	v.MinRequests = 4
	got := heyRun(t, load.Hey{}, v).errors()
	if len(got) != 1 || got[record.ErrRefused] < v.MinRequests {
		t.Errorf("errors by class: %v, want only %q, at least %d", got, record.ErrRefused, v.MinRequests)
	}
}

func TestHeyTimesOut(t *testing.T) {
	for name, responding := range map[string]int64{"no response comes": 0, "the second response does not come": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end := make(chan struct{})
			var n atomic.Int64
			server, url := heyServer(t, func(w http.ResponseWriter, r *http.Request) {
				if n.Add(1) > responding {
					select {
					case <-end:
					case <-r.Context().Done():
					}
				}
			})
			defer close(end)
			v := closedVisit(url, 1, time.Nanosecond)
			v.MinRequests = int(responding) + 1
			v.Load.TimeoutNS = int64(time.Second)
			got := heyRun(t, load.Hey{}, v).errors()
			want := map[string]int{record.ErrTimeout: 1}
			if responding > 0 {
				want[""] = int(responding)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("errors by class (-want +got), the server counted %d:\n%s", server.requests.Load(), diff)
			}
		})
	}
}

func TestHeyEndsWithItsContext(t *testing.T) {
	arrived := make(chan struct{}, 1)
	_, url := heyServer(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case arrived <- struct{}{}:
		default:
		}
		<-r.Context().Done() // the client disconnects
	})
	ctx, cancel := context.WithCancel(t.Context())
	rec, ended := &batchRecorder{}, make(chan error)
	v := closedVisit(url, 3, time.Hour)
	v.Load.TimeoutNS = int64(time.Hour)
	go func() { ended <- load.Hey{}.Run(ctx, v, rec) }()
	<-arrived
	cancel()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("Run = %v, want nil", err)
		}
	case <-time.After(patience):
		t.Fatal("Run continues after its context was cancelled")
	}
	if got := rec.errors(); len(got) != 1 || got[record.ErrInterrupted] == 0 {
		t.Errorf("errors by class: %v, want only %q", got, record.ErrInterrupted)
	}
}

func TestHeyRejectsUnsupportedLoads(t *testing.T) {
	server, url := heyServer(t, responses)
	check := func(v load.Visit, want string) {
		t.Helper()
		rec := &batchRecorder{}
		err := load.Hey{}.Run(t.Context(), v, rec)
		if err == nil || !strings.Contains(err.Error(), want) || len(rec.batches) > 0 || server.requests.Load() > 0 {
			t.Errorf("Run(%+v) = %v after %d requests, want an error with %q and no requests", v.Load, err,
				server.requests.Load(), want)
		}
	}
	open := closedVisit(url, 1, time.Millisecond)
	open.Load = plan.Load{Kind: plan.Open, Concurrency: 1, RateRPS: 10}
	check(open, "closed loops only")
	check(closedVisit(url, 0, time.Millisecond), "concurrency 0")
	check(closedVisit("http://\x7f", 1, time.Millisecond), "invalid")
}

// TestHeyLeavesNoConnection counts connections in the server. A client that pools connections leaves one open and
// unused if another one became free while it was connecting; that shows only after many blocks.
func TestHeyLeavesNoConnection(t *testing.T) {
	var open sync.WaitGroup
	s := httptest.NewUnstartedServer(http.HandlerFunc(responses))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			open.Add(1)
		case http.StateClosed:
			open.Done()
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	for range 20 {
		v := closedVisit(s.URL, 8, time.Millisecond)
		v.MinRequests = 20
		heyRun(t, load.Hey{}, v)
	}
	none := make(chan struct{})
	go func() { open.Wait(); close(none) }()
	select {
	case <-none:
	case <-time.After(patience):
		t.Error("connections are left open after the blocks")
	}
}

func TestHeyReusesConnections(t *testing.T) {
	check := func(noReuse bool, clients int, want func(connections, requests int64) bool) {
		t.Helper()
		var connections atomic.Int64
		server := &counting{h: http.HandlerFunc(responses)}
		s := httptest.NewUnstartedServer(server)
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		s.Start()
		defer s.Close()
		v := closedVisit(s.URL, clients, 10*time.Millisecond)
		v.MinRequests = 30
		v.Load.NoReuse = noReuse
		heyRun(t, load.Hey{}, v)
		if !want(connections.Load(), server.requests.Load()) {
			t.Errorf("NoReuse: %t: %d connections for %d requests by %d clients", noReuse, connections.Load(),
				server.requests.Load(), clients)
		}
	}
	// A client may reconnect now and then, but not for each request.
	check(false, 3, func(connections, requests int64) bool { return connections >= 3 && connections <= requests/10 })
	check(true, 3, func(connections, requests int64) bool { return connections == requests })
}

func TestHeySendsTheRequest(t *testing.T) {
	type request struct{ Method, Target, Host, Agent, Token, Body string }
	want := request{"POST", "/sign?book=1&x=%20", "twin.example", "forktax", "a b", strings.Repeat("name=value&", 100)}
	var other atomic.Pointer[request]
	server, url := heyServer(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := request{r.Method, r.RequestURI, r.Host, r.UserAgent(), r.Header.Get("X-Token"), string(body)}
		if got != want {
			other.CompareAndSwap(nil, &got)
		}
		w.WriteHeader(201)
	})
	v := closedVisit(url, 2, time.Millisecond)
	v.MinRequests = 10
	v.Request = contract.Request{Method: want.Method, Path: want.Target, Body: want.Body, Want: contract.Want{Status: 201},
		Headers: map[string]string{"host": want.Host, "User-Agent": want.Agent, "x-token": want.Token}}
	if got := heyRun(t, load.Hey{}, v).errors(); got[""] < 10 || len(got) != 1 {
		t.Errorf("errors by class: %v, want at least 10 correct responses", got)
	}
	if got := other.Load(); got != nil {
		t.Errorf("one of %d requests (-want +got):\n%s", server.requests.Load(), cmp.Diff(want, *got))
	}
}

// This test uses HTTP/1.1. The requester supports HTTP/2, but its own hooks have a data race there (one goroutine
// writes delayStart, another reads it), which would fail every test under -race.
func TestHeySpeaksTLS(t *testing.T) {
	server := &counting{h: http.HandlerFunc(responses)}
	s := httptest.NewTLSServer(server)
	t.Cleanup(s.Close)
	v := closedVisit(s.URL, 2, time.Millisecond)
	v.MinRequests = 10
	got := heyRun(t, load.Hey{}, v).errors()
	if diff := cmp.Diff(map[string]int{"": int(server.requests.Load())}, got); diff != "" {
		t.Errorf("errors by class (-want +got):\n%s", diff)
	}
}
