package traps_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"forktax/bench/traps"
)

// The server is a prefork server, in which a process serves one connection until that is closed.
func TestFewWorkers(t *testing.T) {
	for name, test := range map[string]struct {
		options  []string
		evidence string
	}{
		"half as many as clients": {[]string{"workers=4"}, "with 8 open connections only 4 got a response"},
		"one missing":             {[]string{"workers=7"}, "with 8 open connections only 7 got a response"},
		"a single worker":         {[]string{"single"}, "with 8 open connections only 1 got a response"},
		"as many as clients":      {[]string{"workers=8"}, ""},
		"a thread per connection": {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := python(t, append(test.options, "whole", "backlog=128")...)
			c.Clients = 8
			found := traps.Detect(t.Context(), c)
			trap := find(found, "few-workers")
			switch {
			case test.evidence == "" && found != nil:
				t.Errorf("Detect = %v, want no trap", found)
			case test.evidence != "" && (trap == nil || !strings.Contains(trap.Evidence, test.evidence)):
				t.Errorf("Detect = %v, want %q", found, test.evidence)
			}
			c.Reused = false // a worker is free after each response
			if trap := find(traps.Detect(t.Context(), c), "few-workers"); trap != nil {
				t.Errorf("with a connection per request: Detect found %v, want no trap", trap)
			}
		})
	}
}

// A small number of workers is not a trap if they do not wait for connections: all clients get their responses.
func TestFewWorkersThatWaitForNothing(t *testing.T) {
	workers := make(chan struct{}, 2)
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		workers <- struct{}{}
		time.Sleep(30 * time.Millisecond)
		<-workers
	}))
	defer s.Close()
	c := traps.Case{URL: s.URL, Requests: get, Clients: 12, Reused: true}
	if found := traps.Detect(t.Context(), c); found != nil {
		t.Errorf("Detect = %v, want no trap", found)
	}
}

// A server that closes connections has no workers occupied by idle connections.
func TestFewWorkersOfAServerThatCloses(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.SetKeepAlivesEnabled(false)
	s.Start()
	defer s.Close()
	c := traps.Case{URL: s.URL, Requests: get, Clients: 8, Reused: true}
	if found := traps.Detect(t.Context(), c); found != nil {
		t.Errorf("Detect = %v, want no trap", found)
	}
}
