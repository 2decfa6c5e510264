//go:build linux

package load_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

// arriving returns an open loop with Poisson arrivals.
func arriving(url string, rate float64, length time.Duration) load.Visit {
	return load.Visit{URL: url, Request: contract.Request{Name: "test", Path: "/"}, Length: length, Seed: 3,
		Load: plan.Load{Kind: plan.Open, Concurrency: 8, RateRPS: rate}}
}

// intended returns the intended times of all observations, ascending.
func (t observations) intended() []time.Duration {
	var due []time.Duration
	for _, o := range t {
		due = append(due, o.Intended)
	}
	slices.Sort(due)
	return due
}

func TestEpollOpenKeepsThePlan(t *testing.T) {
	url, _ := counted(t, helloHandler)
	for name, change := range map[string]func(e *load.Epoll, v *load.Visit){
		"Poisson":        func(*load.Epoll, *load.Visit) {},
		"constant":       func(_ *load.Epoll, v *load.Visit) { v.Load.Arrivals = plan.Constant },
		"two cores":      func(e *load.Epoll, _ *load.Visit) { e.Cores = 2 },
		"at least":       func(_ *load.Epoll, v *load.Visit) { v.Length, v.MinRequests = 0, 50 },
		"no reuse":       func(_ *load.Epoll, v *load.Visit) { v.Load.NoReuse = true },
		"one connection": func(_ *load.Epoll, v *load.Visit) { v.Load.Concurrency = 1 },
		"long gaps":      func(_ *load.Epoll, v *load.Visit) { v.Load.RateRPS, v.MinRequests = 15, 3 },
	} {
		var e load.Epoll
		v := arriving(url, 1000, 200*time.Millisecond)
		change(&e, &v)
		seen := run(t, &e, v)
		if len(seen.classes()) != 1 || seen.classes()[""] == 0 {
			t.Errorf("%s: classes %v, want correct responses only", name, seen.classes())
		}
		if diff := cmp.Diff(sendTimes(t, v.Load, v.Length, v.MinRequests, v.Seed), seen.intended()); diff != "" {
			t.Errorf("%s: intended times (-planned +observed):\n%s", name, diff)
		}
	}
}

func TestEpollOpenConnections(t *testing.T) {
	const limit = 3
	var held sync.WaitGroup // each request waits until limit requests have arrived
	held.Add(limit)
	url, conns := counted(t, func(http.ResponseWriter, *http.Request) {
		held.Done()
		held.Wait()
	})
	v := arriving(url, 1000, 0)
	v.MinRequests, v.Load.Concurrency = limit, limit
	seen := run(t, new(load.Epoll), v)
	if diff := cmp.Diff(map[string]int{"": limit}, seen.classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	if n := conns.Load(); n != limit {
		t.Errorf("%d connections, want %d", n, limit)
	}
}

// Requests that arrive while a server stalls must wait, and the wait must be recorded (no coordinated omission). With
// 300 arrivals per second and a stall of 300 ms, about 90 requests are affected, and half of them wait longer than 150
// ms.
func TestEpollOpenStall(t *testing.T) {
	const stall = 300 * time.Millisecond
	for _, conns := range []int{1, 200} { // requests wait in the engine or in the server
		var once sync.Once
		url, _ := counted(t, func(http.ResponseWriter, *http.Request) {
			once.Do(func() { <-time.After(stall) }) // other requests wait for this one
		})
		v := arriving(url, 300, 600*time.Millisecond)
		v.Load.Concurrency = conns
		seen := run(t, new(load.Epoll), v)
		waited := 0
		for _, o := range seen {
			if o.Response() > stall/2 {
				waited++
			}
		}
		if waited < 20 {
			t.Errorf("%d connections: %d of %d requests waited for more than %v", conns, waited, len(seen), stall/2)
		}
		if diff := cmp.Diff(sendTimes(t, v.Load, v.Length, 0, v.Seed), seen.intended()); diff != "" {
			t.Errorf("%d connections: intended times (-planned +observed):\n%s", conns, diff)
		}
	}
}

// A request that gets no connection times out like a request that gets no response.
func TestEpollOpenTimeout(t *testing.T) {
	const timeout = 60 * time.Millisecond
	url := serve(t, replies("")) // reads and sends no response
	v := arriving(url, 500, 100*time.Millisecond)
	v.Load.TimeoutNS, v.Load.Concurrency = int64(timeout), 2
	seen := run(t, new(load.Epoll), v)
	want := map[string]int{record.ErrTimeout: len(sendTimes(t, v.Load, v.Length, 0, v.Seed))}
	if diff := cmp.Diff(want, seen.classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	for _, o := range seen {
		if o.Done != max(o.Intended+timeout, o.Sent) { // it may have been sent at the last moment
			t.Errorf("timed out after %v, want exactly %v", o.Response(), timeout)
		}
	}
}

// If the engine's pages are full, observations are handed over during the block; none is duplicated or lost.
func TestEpollManyObservations(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url, _ := counted(t, func(http.ResponseWriter, *http.Request) { cancel() })
	v := arriving(url, 300_000, time.Second)
	var seen observations
	if err := new(load.Epoll).Run(ctx, v, &seen); err != nil {
		t.Fatalf("Run: %v", err)
	}
	if want := sendTimes(t, v.Load, v.Length, 0, v.Seed); !slices.Equal(seen.intended(), want) {
		t.Errorf("%d observations, want %d with the planned times", len(seen), len(want))
	}
}

// The engine does not wait for a server that cannot keep up. At the end of the grace it records requests without a
// response as unfinished, and requests that found no free connection as not sent.
func TestEpollOpenGrace(t *testing.T) {
	const grace = 50 * time.Millisecond
	for name, c := range map[string]struct {
		rate  float64
		conns int
		want  func(planned int) map[string]int
	}{
		"requests wait for connections": {1000, 2, func(planned int) map[string]int {
			return map[string]int{record.ErrUnfinished: 2, record.ErrNotSent: planned - 2}
		}},
		"requests wait for responses": {1000, 1000, func(planned int) map[string]int {
			return map[string]int{record.ErrUnfinished: planned}
		}},
		"the last arrival comes late": {20, 1000, func(planned int) map[string]int {
			return map[string]int{record.ErrUnfinished: planned}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			url := serve(t, replies("")) // reads and sends no response
			v := arriving(url, c.rate, 100*time.Millisecond)
			v.Load.Concurrency, v.Grace, v.MinRequests = c.conns, grace, 3
			due := sendTimes(t, v.Load, v.Length, v.MinRequests, v.Seed)
			began := time.Now()
			seen := run(t, new(load.Epoll), v)
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("the visit took %v, and the last arrival was due after %v", took, due[len(due)-1])
			}
			if diff := cmp.Diff(c.want(len(due)), seen.classes()); diff != "" {
				t.Errorf("classes (-want +got):\n%s", diff)
			}
			for _, o := range seen {
				if end := max(v.Length, due[len(due)-1]) + grace; o.Done < end {
					t.Errorf("a request was abandoned after %v, want at least %v", o.Done, end)
				}
			}
		})
	}
}

// A grace has no effect on requests that are done in time.
func TestEpollOpenGraceIsNotUsed(t *testing.T) {
	url, _ := counted(t, helloHandler)
	v := arriving(url, 500, 100*time.Millisecond)
	v.Grace = 10 * time.Second
	want := map[string]int{"": len(sendTimes(t, v.Load, v.Length, 0, v.Seed))}
	if diff := cmp.Diff(want, run(t, new(load.Epoll), v).classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
}

// The parts of an open loop send the requests of the whole, each once: those of a mix, too.
func TestEpollParts(t *testing.T) {
	url, _ := counted(t, helloHandler)
	type sent struct {
		due     time.Duration
		request int
	}
	run := func(part plan.Part) (all []sent) {
		v := arriving(url, 400, 250*time.Millisecond)
		v.Part, v.MinRequests = part, 5
		v.Mix = []contract.Request{{Name: "a", Path: "/", Weight: 3}, {Name: "b", Path: "/?b"}}
		var got observations
		if err := new(load.Epoll).Run(t.Context(), v, &got); err != nil {
			t.Fatal(err)
		}
		for _, o := range got {
			all = append(all, sent{o.Intended, o.Request})
		}
		return all
	}
	order := func(a, b sent) int { return int(a.due - b.due) }
	whole := run(plan.Part{})
	slices.SortFunc(whole, order)
	var parts []sent
	for number := 1; number <= 3; number++ {
		parts = append(parts, run(plan.Part{Number: number, Of: 3})...)
	}
	slices.SortFunc(parts, order)
	if diff := cmp.Diff(whole, parts, cmp.AllowUnexported(sent{})); diff != "" || len(whole) < 50 {
		t.Errorf("the requests of all parts (-whole +parts):\n%s", diff)
	}
}
