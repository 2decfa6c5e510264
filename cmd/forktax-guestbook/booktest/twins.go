package booktest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"forktax/workload"
	"forktax/workload/contract"
)

// perWorker is the number of requests after which workers are replaced here.
const perWorker = 2

// Under all models the responses are those of the description, and the number of opened connections is as expected.
func (s Suite) responsesOfModels(t *testing.T) {
	s.Fresh(t)
	each := int64(len(s.Workload.Requests))
	for _, m := range contract.Models {
		if !m.IsGeneral() {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			url, admin := s.serve(t, m.Of(perWorker))
			before := usage(t, admin)
			for _, r := range s.Workload.Requests {
				expect(t, url, r)
			}
			if m.Process == contract.PerN || m.Process == contract.Ahead {
				// Each process opens one. The next ones may still be starting. This process has opened others.
				var u contract.Usage
				others, least := before.ConnectionsOpened-before.ProcessesStarted, before.ProcessesStarted+each/perWorker
				for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
					u = usage(t, admin)
					if u.ConnectionsOpened-others == u.ProcessesStarted && u.ProcessesStarted >= least {
						break
					}
				}
				if u.ConnectionsOpened-others != u.ProcessesStarted || u.ProcessesStarted < least {
					t.Errorf("%d processes opened %d connections, %d of them before; want as many connections as processes",
						u.ProcessesStarted, u.ConnectionsOpened-others, before.ConnectionsOpened-others)
				}
				return
			}
			want := each
			if m.Connection == contract.Kept {
				want = 0
			}
			if got := usage(t, admin).ConnectionsOpened - before.ConnectionsOpened; got != want {
				t.Errorf("%d requests opened %d connections, want %d", len(s.Workload.Requests), got, want)
			}
		})
	}
}

// pooled is the largest number of connections that a long-running guestbook keeps, and the number of clients here.
const pooled = 8

// No model leaves connections of requests open. A long-running process may keep its pool. If a process has several
// connections to a file, SQLite also keeps the files of closed ones: closing a file would release the POSIX locks of
// all connections of the process.
func (s Suite) connectionsAreClosed(t *testing.T) {
	s.Fresh(t)
	if s.Open(t) < 0 {
		t.Skip("the number of connections is unknown on this system")
	}
	for _, m := range contract.Models {
		if !m.IsGeneral() {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			kept := pooled
			if m.Process == contract.PerRequest {
				kept = 0
			}
			url, _ := s.serve(t, m.Of(perWorker))
			before := s.Open(t)
			var clients sync.WaitGroup
			for range pooled {
				clients.Go(func() {
					for range 5 {
						expect(t, url, s.Workload.Requests[0])
					}
				})
			}
			clients.Wait()
			open := s.Open(t)
			deadline := time.Now().Add(20 * time.Second)
			for ; open > before+kept && time.Now().Before(deadline); open = s.Open(t) {
				time.Sleep(10 * time.Millisecond) // a server notices the end of a connection with a delay
			}
			if open > before+kept {
				t.Errorf("%d connections after the load, %d before; want at most %d more", open, before, kept)
			}
		})
	}
}

// serve serves the guestbook under a model until the test ends.
func (s Suite) serve(t *testing.T, model string) (url, admin string) {
	t.Helper()
	w := s.Workload
	w.Env = append([]string{"GORACE"}, w.Env...)
	ctx, end := context.WithCancel(t.Context())
	output, stdout := io.Pipe()
	var log bytes.Buffer // read only when Run has returned
	ended := make(chan int, 1)
	go func() {
		ended <- workload.Run(ctx, w, []string{"serve", "-model", model}, nil, stdout, &log)
		stdout.Close()
	}()
	t.Cleanup(func() {
		end()
		if code := <-ended; code != 0 {
			t.Errorf("serve ended with status %d, want 0:\n%s", code, &log)
		}
	})
	line, err := bufio.NewReader(output).ReadString('\n')
	if _, scanned := fmt.Sscanf(line, "ready %s %s\n", &url, &admin); scanned != nil {
		t.Fatalf("serve printed %q (%v), want ready <url> <admin url>", line, err)
	}
	return url, admin
}

func usage(t *testing.T, admin string) (u contract.Usage) {
	t.Helper()
	resp, err := http.Get(admin + "/usage")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&u); err != nil {
		t.Fatal(err)
	}
	return u
}

// expect sends a request of the description and compares the response.
func expect(t *testing.T, url string, r workload.Request) {
	t.Helper()
	req, err := http.NewRequest(r.Method, url+r.Path, strings.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range r.Headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // does not follow redirects
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != r.Want.StatusCode() {
		t.Errorf("%s: %s, %v; want %d", r.Name, resp.Status, err, r.Want.StatusCode())
	}
	for name, want := range r.Want.Headers {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s: %s is %q, want %q", r.Name, name, got, want)
		}
	}
	if r.Want.Body != "" && string(body) != r.Want.Body {
		t.Errorf("%s: body %q, want %q", r.Name, body, r.Want.Body)
	}
	if got := sum(body); r.Want.BodySHA256 != "" && got != r.Want.BodySHA256 {
		t.Errorf("%s: body of SHA-256 %s, want %s", r.Name, got, r.Want.BodySHA256)
	}
}
