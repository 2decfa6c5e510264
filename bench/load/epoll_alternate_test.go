//go:build linux

package load_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/record"
)

// sequence records the order in which requests arrive at several servers.
type sequence struct {
	sync.Mutex
	names   []string
	running int
}

func (s *sequence) server(t *testing.T, name string, handle http.HandlerFunc) string {
	url, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		s.Lock()
		s.names, s.running = append(s.names, name), s.running+1
		if s.running > 1 {
			t.Errorf("%d concurrent requests, want 1", s.running)
		}
		s.Unlock()
		handle(w, r)
		s.Lock()
		s.running--
		s.Unlock()
	})
	return url
}

// taken returns the names and resets the sequence.
func (s *sequence) taken() []string {
	s.Lock()
	defer s.Unlock()
	names := s.names
	s.names = nil
	return names
}

func TestAlternate(t *testing.T) {
	var asked sequence
	visits := []load.Visit{clients(asked.server(t, "a", helloHandler), 1, 6),
		clients(asked.server(t, "b", helloHandler), 1, 5)}
	seen := make([]observations, len(visits))
	turns := []int{0, 1, 1, 0}
	var engine load.Epoll
	for range 2 { // the second time with the buffers of the first
		seen[0], seen[1] = nil, nil
		if err := engine.Alternate(t.Context(), visits, turns, []load.Recorder{&seen[0], &seen[1]}); err != nil {
			t.Fatal(err)
		}
		if got, want := strings.Join(asked.taken(), ""), "abbaabbaabba"; got != want {
			t.Errorf("requests came as %q, want %q", got, want)
		}
		for i, s := range seen {
			if diff := cmp.Diff(map[string]int{"": 6}, s.classes()); diff != "" {
				t.Errorf("visit %d (-want +got):\n%s", i, diff)
			}
		}
		// Each request is done before the next one is sent; all times are from the same clock.
		all := slices.Concat(seen...)
		slices.SortFunc(all, func(a, b record.Observation) int { return int(a.Sent - b.Sent) })
		for i, o := range all[1:] {
			if o.Intended < all[i].Done || o.Intended != o.Sent {
				t.Errorf("request %d was sent at %v, intended at %v; the previous one was done at %v", i+1, o.Sent, o.Intended,
					all[i].Done)
			}
		}
	}
}

// Cycles repeat for the length of the visit, and the last one is completed.
func TestAlternateLength(t *testing.T) {
	var asked sequence
	slow := func(http.ResponseWriter, *http.Request) { <-time.After(3 * time.Millisecond) }
	var visits []load.Visit
	var recorders []load.Recorder
	var seen [3]observations
	for i, name := range []string{"a", "b", "c"} {
		v := clients(asked.server(t, name, slow), 1, 1)
		v.Length = 50 * time.Millisecond
		visits, recorders = append(visits, v), append(recorders, &seen[i])
	}
	turns := []int{2, 0, 1, 1, 0, 2}
	if err := new(load.Epoll).Alternate(t.Context(), visits, turns, recorders); err != nil {
		t.Fatal(err)
	}
	last := max(seen[0][len(seen[0])-1].Done, seen[2][len(seen[2])-1].Done)
	if n := len(asked.taken()); n%len(turns) != 0 || n > 6*3 || last < 50*time.Millisecond {
		t.Errorf("%d requests in %v, want complete cycles of 6 requests for 50 ms", n, last)
	}
}

func TestAlternateFailures(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	for name, c := range map[string]struct {
		url  string
		want map[string]int
	}{
		"refused": {refusing(t), map[string]int{record.ErrRefused: 4}},
		"closed after each response": {serve(t, func(c *net.TCPConn, r *bufio.Reader) {
			if asked(r) {
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n")
			}
		}), map[string]int{"": 4}},
		"interrupted": {serve(t, func(_ *net.TCPConn, r *bufio.Reader) {
			asked(r)
			cancel()
			io.Copy(io.Discard, r)
		}), map[string]int{record.ErrInterrupted: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := ctx
			if name != "interrupted" {
				ctx = t.Context()
			}
			url, _ := counted(t, helloHandler)
			seen := make([]observations, 2)
			visits := []load.Visit{clients(c.url, 1, 4), clients(url, 1, 4)}
			err := new(load.Epoll).Alternate(ctx, visits, []int{0, 1}, []load.Recorder{&seen[0], &seen[1]})
			if diff := cmp.Diff(c.want, seen[0].classes()); err != nil || diff != "" {
				t.Errorf("Alternate = %v (-want +got):\n%s", err, diff)
			}
		})
	}
	several := clients("http://127.0.0.1:1", 2, 1)
	open := arriving("http://127.0.0.1:1", 10, time.Second)
	for _, v := range []load.Visit{several, open} {
		err := new(load.Epoll).Alternate(t.Context(), []load.Visit{v}, []int{0}, []load.Recorder{&observations{}})
		if err == nil || !strings.Contains(err.Error(), "cannot alternate") {
			t.Errorf("Alternate with %v = %v, want an error", v.Load, err)
		}
	}
}
