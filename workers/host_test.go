package workers_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	stdlog "log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"forktax/bench/testenv"
	"forktax/workers"
	"forktax/workload/contract"
)

func newServer(t *testing.T, change func(*workers.Host)) *server {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &server{log: new(testenv.Log)}
	s.Host = &workers.Host{Path: self, Dir: t.TempDir(), Env: []string{"GORACE=atexit_sleep_ms=0"}, Workers: 2,
		Logger: stdlog.New(s.log, "", 0)}
	if change != nil {
		change(s.Host)
	}
	return s
}

// Workers without a limit of requests serve all of them.
func TestWorkersAreKept(t *testing.T) {
	s := start(t, nil)
	before := s.living()
	for i := range 20 {
		if pid, _ := s.served(t); !slices.Contains(before, pid) {
			t.Fatalf("request %d was served by process %d, want one of %v", i, pid, before)
		}
	}
	if after := s.living(); len(after) != 2 || s.Stats().Started != 2 {
		t.Errorf("workers %v after %v; %d processes were started, want 2", after, before, s.Stats().Started)
	}
	if got := s.Stats().Connections; got != 2*2 {
		t.Errorf("%d connections, want 2 of each worker", got)
	}
	if got := s.Stats().PeakMemoryBytes; got < 1<<20 {
		t.Errorf("peak memory %d, want some megabytes", got)
	}
}

// A worker serves no more than its number of requests. The next is started before it has ended, or after.
func TestRecycling(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprintf("late=%t", late), func(t *testing.T) {
			const n, workersAtOnce = 3, 2
			s := start(t, func(h *workers.Host) { h.Requests, h.Late, h.Workers = n, late, workersAtOnce })
			served, most := map[int]int{}, 0
			for range 10 * n {
				pid, requests := s.served(t)
				if served[pid]++; requests != served[pid] {
					t.Errorf("process %d says that it has served %d requests, want %d", pid, requests, served[pid])
				}
				most = max(most, len(s.living()))
			}
			for pid, requests := range served {
				if requests > n {
					t.Errorf("process %d served %d requests, want at most %d", pid, requests, n)
				}
			}
			if got := s.Stats().Started; got < 10 || got > 10+workersAtOnce+1 {
				t.Errorf("%d processes were started for %d requests, want one for %d", got, 10*n, n)
			}
			if late && most > workersAtOnce {
				t.Errorf("%d processes at once, want at most %d", most, workersAtOnce)
			}
			eventually(t, "the workers are replaced", func() bool { return len(s.living()) == workersAtOnce })
		})
	}
}

// Workers are replaced one after the other, or all at once.
func TestReplacement(t *testing.T) {
	const n, workersAtOnce = 8, 4
	for _, together := range []bool{false, true} {
		t.Run(fmt.Sprintf("together=%t", together), func(t *testing.T) {
			s := start(t, func(h *workers.Host) { h.Requests, h.Together, h.Workers = n, together, workersAtOnce })
			first := s.living()
			for range n {
				s.served(t)
			}
			eventually(t, "the workers are replaced", func() bool {
				left := slices.DeleteFunc(s.living(), func(pid int) bool { return !slices.Contains(first, pid) })
				if together {
					return len(left) == 0 && len(s.living()) == workersAtOnce
				}
				return len(left) > 0 && len(left) < workersAtOnce && len(s.living()) == workersAtOnce
			})
		})
	}
}

// A pool has processes ready before their requests arrive. Each serves one request.
func TestPool(t *testing.T) {
	const spares = 4
	s := start(t, func(h *workers.Host) { h.Workers, h.Requests = spares, 1 })
	ready := s.living()
	if len(ready) != spares {
		t.Fatalf("workers %v, want %d", ready, spares)
	}
	seen := map[int]bool{}
	for range 3 * spares {
		pid, requests := s.served(t)
		if seen[pid] || requests != 1 {
			t.Errorf("process %d serves request %d, want one request of each process", pid, requests)
		}
		seen[pid] = true
	}
	if !slices.ContainsFunc(ready, func(pid int) bool { return seen[pid] }) {
		t.Errorf("no request was served by a process of %v, which were ready before; but by %v", ready, seen)
	}
	eventually(t, "the pool is full again", func() bool { return len(s.living()) == spares })
}

// The number of processes, with those that serve their last request, does not exceed the limit.
func TestLimitOfProcesses(t *testing.T) {
	const most = 3
	s := start(t, func(h *workers.Host) {
		h.Workers, h.Requests, h.Limits = 3, 1, contract.ChildLimits{Children: most}
	})
	var all sync.WaitGroup
	for range 12 {
		all.Go(func() { s.get(t, "/sleep?20ms") })
	}
	highest := 0
	for s.Stats().Started < 12 {
		highest = max(highest, len(s.living()))
		time.Sleep(time.Millisecond)
	}
	all.Wait()
	if highest > most {
		t.Errorf("%d processes at once, want at most %d", highest, most)
	}
	h := newServer(t, func(h *workers.Host) { h.Workers, h.Limits = 5, contract.ChildLimits{Children: most} })
	if err := h.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "5 workers") {
		t.Errorf("Open with more workers than processes = %v, want an error", err)
	}
}

// A worker that dies while it serves a request costs that request, and no other.
func TestWorkerDies(t *testing.T) {
	s := start(t, nil)
	if status, body := s.get(t, "/exit"); status != http.StatusBadGateway {
		t.Errorf("GET /exit = %d %q, want 502", status, body)
	}
	if status, body := s.get(t, "/exit/in-response"); status != 0 {
		t.Errorf("GET /exit/in-response = %d, %d bytes, want an aborted response", status, len(body))
	}
	for range 10 {
		s.served(t)
	}
	if got := strings.Count(s.log.String(), "ended with status 3"); got != 2 {
		t.Errorf("the log has %d ends with status 3, want 2:\n%s", got, s.log)
	}
	if got := s.Stats().Failed; got != 2 {
		t.Errorf("%d failed, want 2", got)
	}
	eventually(t, "the workers are replaced", func() bool { return len(s.living()) == 2 })
}

// A worker that ends while it waits for a request costs none.
func TestIdleWorkerDies(t *testing.T) {
	s := start(t, nil)
	ready := map[int]bool{} // a worker that is killed before may be needed by a request that waits for it
	for range 20 {
		pid, _ := s.served(t)
		ready[pid] = true
		before := slices.DeleteFunc(s.living(), func(pid int) bool { return !ready[pid] })
		for _, pid := range before {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		eventually(t, "the host notices it", func() bool {
			return !slices.ContainsFunc(s.living(), func(pid int) bool { return slices.Contains(before, pid) })
		})
		s.served(t)
	}
	if got := s.Stats().Failed; got != 0 {
		t.Errorf("%d failed, want none; log:\n%s", got, s.log)
	}
}

// A worker that hangs is killed, and its request fails.
func TestWorkerHangs(t *testing.T) {
	s := start(t, func(h *workers.Host) {
		h.Workers, h.Limits = 1, contract.ChildLimits{Idle: 200 * time.Millisecond}
	})
	pid, _ := s.served(t)
	if status, body := s.get(t, "/sleep?1h"); status != http.StatusGatewayTimeout {
		t.Errorf("GET of a worker that hangs = %d %q, want 504", status, body)
	}
	if after, _ := s.served(t); after == pid {
		t.Errorf("process %d serves after it exceeded a time limit", pid)
	}
}

// A worker that hangs and does not read a long body is killed, too.
func TestWorkerHangsUnderABody(t *testing.T) {
	s := start(t, func(h *workers.Host) {
		h.Workers, h.Limits = 1, contract.ChildLimits{Idle: 200 * time.Millisecond}
	})
	pid, _ := s.served(t)
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	go fmt.Fprintf(conn, "POST /sleep?1h HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n%s",
		strings.Repeat("x", 4_000_000))
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, body := read(resp); status != http.StatusGatewayTimeout {
		t.Errorf("POST to a worker that hangs = %d %q, want 504", status, body)
	}
	if after, _ := s.served(t); after == pid {
		t.Errorf("process %d serves after it exceeded a time limit", pid)
	}
}

// A client that does not read its response does not keep a worker for longer than the time limit.
func TestClientThatDoesNotRead(t *testing.T) {
	s := start(t, func(h *workers.Host) {
		h.Workers, h.Limits = 1, contract.ChildLimits{Total: 500 * time.Millisecond}
	})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "GET /body?50000000 HTTP/1.1\r\nHost: x\r\n\r\n")
	eventually(t, "it has the worker", func() bool { return s.Stats().Running > 0 })
	s.served(t)
}

// If no worker can be started, Open fails. If that begins later, requests fail until it can again.
func TestStartFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broken")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	change := func(h *workers.Host) { h.Env, h.Requests = append(h.Env, broken+"="+path), 1 }
	s := newServer(t, change)
	if err := s.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "ended with status 1") {
		t.Errorf("Open of workers that fail = %v, want how they ended", err)
	}
	if !strings.Contains(s.log.String(), "connecting: broken on purpose") {
		t.Errorf("the log has no reason:\n%s", s.log)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	s = start(t, change)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a request fails", func() bool {
		status, _ := s.get(t, "/pid")
		return status == http.StatusInternalServerError
	})
	began := time.Now() // the next start may be 5 s later, but is the end of all that wait
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if status, _ := s.get(t, "/pid"); status != http.StatusInternalServerError {
				t.Errorf("a request without a worker has status %d, want 500", status)
			}
		})
	}
	all.Wait()
	if d := time.Since(began); d > 30*time.Second {
		t.Errorf("30 requests without a worker took %v", d)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	eventually(t, "requests are served again", func() bool {
		status, _ := s.get(t, "/pid")
		return status == http.StatusOK
	})
	h := newServer(t, func(h *workers.Host) { h.Path = "/does/not/exist" })
	if err := h.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "/does/not/exist") {
		t.Errorf("Open without a program = %v, want an error", err)
	}
}

// Requests wait for a worker up to the length of the queue; others get status 503.
func TestQueue(t *testing.T) {
	s := start(t, func(h *workers.Host) { h.Workers, h.Limits = 1, contract.ChildLimits{Queue: 2} })
	results := make(chan int, 8)
	for range cap(results) {
		go func() {
			status, _ := s.get(t, "/sleep?300ms")
			results <- status
		}()
	}
	counts := map[int]int{}
	for range cap(results) {
		counts[<-results]++
	}
	if counts[http.StatusOK] < 3 || counts[http.StatusServiceUnavailable] < 1 ||
		counts[http.StatusOK]+counts[http.StatusServiceUnavailable] != cap(results) {
		t.Errorf("statuses %v, want at least 3 of 200, and 503", counts)
	}
	if got := s.Stats().Refused; got != int64(counts[http.StatusServiceUnavailable]) {
		t.Errorf("%d refused, want %d", got, counts[http.StatusServiceUnavailable])
	}
}

// Bodies of any length pass in both directions.
func TestBodies(t *testing.T) {
	s := start(t, nil)
	for _, n := range []int{0, 1, 2000, 2049, 8191, 8192, 8193, 65_527, 65_536, 65_537, 200_000, 3_000_000} {
		body := strings.Repeat("abcdefgh", n/8+1)[:n]
		for _, length := range []string{"known", "unknown"} {
			var from io.Reader = strings.NewReader(body)
			if length == "unknown" {
				from = struct{ io.Reader }{from}
			}
			resp, err := http.Post(s.url+"/echo", "text/plain", from)
			if err != nil {
				t.Fatal(err)
			}
			if status, got := read(resp); status != http.StatusOK || got != body {
				t.Errorf("POST of %d bytes, length %s: %d, %d bytes", n, length, status, len(got))
			}
		}
	}
	if got := s.Stats().Started; got != 2 {
		t.Errorf("%d processes were started, want 2; log:\n%s", got, s.log)
	}
}

// Requests at the same time get their own responses.
func TestConcurrentRequests(t *testing.T) {
	s := start(t, func(h *workers.Host) { h.Workers, h.Requests = 3, 20 })
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			for j := range 40 {
				want := strings.Repeat(fmt.Sprintf("%d.%d ", i, j), 10+100*i)
				resp, err := client.Post(s.url+"/echo", "text/plain", strings.NewReader(want))
				if err != nil {
					t.Error(err)
					return
				}
				if status, got := read(resp); status != http.StatusOK || got != want {
					t.Errorf("request %d.%d: %d %.20q, want %.20q", i, j, status, got, want)
				}
			}
		})
	}
	all.Wait()
}

// A handler that does not read a long body still responds, and its worker serves further requests.
func TestUnreadBody(t *testing.T) {
	s := start(t, func(h *workers.Host) { h.Workers = 1 })
	pid, _ := s.served(t)
	for range 3 {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST /ignore HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n%s",
			strings.Repeat("x", 100_000))
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := read(resp); status != http.StatusOK || body != "ignored" {
			t.Errorf("POST of a body that is not read = %d %q", status, body)
		}
	}
	if after, _ := s.served(t); after != pid {
		t.Errorf("process %d serves, want %d; log:\n%s", after, pid, s.log)
	}
}

func TestLimits(t *testing.T) {
	s := start(t, func(h *workers.Host) {
		h.Limits = contract.ChildLimits{Body: 100_000, Response: 50_000, ResponseHeader: 10_000}
	})
	for path, want := range map[string]int{
		"/header?9000": http.StatusOK, "/header?20000": http.StatusBadGateway,
		"/body?7000": http.StatusOK, "/body?50000": http.StatusOK, "/body?90000": 0,
	} {
		if status, _ := s.get(t, path); status != want {
			t.Errorf("GET %s = %d, want %d; log:\n%s", path, status, want, s.log)
		}
	}
	for n, want := range map[int]int{100_000: http.StatusOK, 100_001: http.StatusRequestEntityTooLarge} {
		for _, known := range []bool{true, false} {
			var body io.Reader = strings.NewReader(strings.Repeat("x", n))
			if !known {
				body = struct{ io.Reader }{body}
			}
			resp, err := http.Post(s.url+"/echo", "text/plain", body)
			if err != nil {
				t.Fatal(err)
			}
			if status, _ := read(resp); status != want && n > 100_000 {
				t.Errorf("POST of %d bytes, length known: %t: %d, want %d", n, known, status, want)
			}
		}
	}
	s.served(t)
}

// A client that disconnects does not cost a worker.
func TestClientDisconnects(t *testing.T) {
	s := start(t, func(h *workers.Host) { h.Workers = 1 })
	pid, _ := s.served(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/sleep?300ms", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := http.DefaultClient.Do(req); err == nil {
		t.Fatal("the client did not disconnect")
	}
	if after, _ := s.served(t); after != pid {
		t.Errorf("process %d serves, want %d; log:\n%s", after, pid, s.log)
	}
}

// Lines on standard error are logged.
func TestStandardError(t *testing.T) {
	s := start(t, nil)
	s.get(t, "/log?first")
	s.get(t, "/log?second")
	eventually(t, "both lines are logged", func() bool {
		text := s.log.String()
		return strings.Contains(text, "to the log: first\n") && strings.Contains(text, "to the log: second\n")
	})
}

// Close ends workers that serve, and requests that wait.
func TestClose(t *testing.T) {
	s := newServer(t, func(h *workers.Host) { h.Workers = 1 })
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	var responses sync.WaitGroup
	var served, waits httptest.ResponseRecorder
	for _, w := range []*httptest.ResponseRecorder{&served, &waits} {
		responses.Go(func() { s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/sleep?1h", nil)) })
		eventually(t, "the request has come", func() bool { return s.Stats().Running > 0 })
	}
	eventually(t, "one request waits", func() bool { return s.Stats().Waiting == 1 })
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	responses.Wait()
	codes := []int{served.Code, waits.Code}
	slices.Sort(codes)
	if want := []int{http.StatusBadGateway, http.StatusServiceUnavailable}; !slices.Equal(codes, want) {
		t.Errorf("the requests have statuses %v, want %v", codes, want)
	}
	if living := s.living(); len(living) > 0 {
		t.Errorf("workers %v after Close", living)
	}
}
