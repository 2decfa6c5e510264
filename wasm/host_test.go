package wasm_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"forktax/bench/testenv"
	"forktax/wasm"
	"forktax/workload/contract"
)

// serve serves the module until the test ends. It returns the URL and the log.
func serve(t *testing.T, m module, host *wasm.Host) (url string, log *testenv.Log) {
	t.Helper()
	opened, log := opened(t, m, host)
	s := httptest.NewServer(opened)
	t.Cleanup(s.Close)
	return s.URL, log
}

func opened(t *testing.T, m module, host *wasm.Host) (*wasm.Host, *testenv.Log) {
	t.Helper()
	to := new(testenv.Log)
	host.Path, host.Logger = written(t, m.build()), log.New(to, "", 0)
	if err := host.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := host.Close(); err != nil {
			t.Error(err)
		}
	})
	return host, to
}

func get(t *testing.T, url string) (status int, body string, err error) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// Each request has an instance of its own, whose memory is that of the module. With Reuse, an instance is called again.
func TestInstances(t *testing.T) {
	many := slices.Repeat([][]byte{whole}, 200)
	for _, c := range []struct {
		reuse   bool
		exports []string
		globals [][]byte
		want    string
	}{
		{false, []string{"_start"}, many, "request 1, request 1, request 1"},
		{false, []string{"_initialize", "serve"}, nil, "request 2, request 2, request 2"}, // both names are of one function
		{false, []string{"_initialize", "serve"}, many, "request 2, request 2, request 2"},
		{false, []string{"_initialize", "serve"}, [][]byte{floating}, "request 2, request 2, request 2"},
		{true, []string{"serve"}, nil, "request 1, request 2, request 3"},
	} {
		m := command(counted, count, respond)
		m.exports, m.globals = c.exports, c.globals
		if len(c.exports) == 2 {
			m.body = count.and(respond)
		}
		url, log := serve(t, m, &wasm.Host{Reuse: c.reuse, Limits: contract.ChildLimits{Workers: 1}})
		var got []string
		for range 3 {
			status, body, err := get(t, url)
			if status != http.StatusOK || err != nil {
				t.Fatalf("%v: %d %q %v\n%s", c.exports, status, body, err, log)
			}
			_, body, _ = strings.Cut(strings.ReplaceAll(body, counted[:len(counted)-1], "request "), "request ")
			got = append(got, "request "+body[len(body)-1:])
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("exports %v: %s, want %s", c.exports, s, c.want)
		}
	}
}

// The header of a response is that of CGI.
func TestHeader(t *testing.T) {
	const text = "Status: 201 Created\r\nContent-Type: a/b\r\nX-Two: 1\r\nX-Two: 2\r\n\r\nbody"
	url, log := serve(t, command(text, respond), &wasm.Host{})
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	h := resp.Header
	got := fmt.Sprint(resp.StatusCode, h["Content-Type"], h["X-Two"], h["Status"], string(body))
	if want := "201 [a/b] [1 2] []body"; got != want {
		t.Errorf("response %s, want %s\n%s", got, want, log)
	}
}

// Faults of a module have a status, and a reason in the log.
func TestFaults(t *testing.T) {
	const head, incomplete = "Status: 200 OK\n\n", "no complete response header"
	long := head + strings.Repeat("x", 20_000)
	short := contract.ChildLimits{Idle: 200 * time.Millisecond}
	var hour [48]byte // a subscription to a clock
	hour[16] = 1      // the monotonic one
	binary.LittleEndian.PutUint64(hour[24:], uint64(time.Hour))
	asleep := command(string(hour[:]), call(0, text, 2048, 1, 2040).and(program{0x1a}))
	asleep.imports[0] = wasi + "poll_oneoff"
	for what, c := range map[string]struct {
		module module
		limits contract.ChildLimits
		status int
		log    string
	}{
		"trap":             {command(head, trap), contract.ChildLimits{}, 502, "unreachable"},
		"trap in the body": {command(head+"text", respond, trap), contract.ChildLimits{}, 502, "unreachable"},
		"exit":             {command(head, exit3), contract.ChildLimits{}, 502, "the module exited with status 3"},
		"nothing":          {command(head), contract.ChildLimits{}, 502, incomplete},
		"half a header":    {command("Status: 200 OK\n", respond), contract.ChildLimits{}, 502, incomplete},
		"bad status":       {command("Status: nine\n\n", respond), contract.ChildLimits{}, 502, `status "nine"`},
		"no colon":         {command("hello\n\n", respond), contract.ChildLimits{}, 502, "not valid"},
		"hangs":            {command(head, forever), short, 504, "exceeded a time limit"},
		"sleeps":           {asleep, short, 504, "exceeded a time limit"},
		"long header":      {command(long, respond), contract.ChildLimits{ResponseHeader: 10}, 502, "more than 10 bytes"},
		"long body":        {command(long, respond), contract.ChildLimits{Response: 100}, 502, "more than 100 bytes"},
		"no status":        {command("Content-Type: a/b\n\n", respond), contract.ChildLimits{}, 200, ""},
		"no type":          {command("X-A: b\n\n", respond), contract.ChildLimits{}, 502, "neither Content-Type nor"},
		"exit after it":    {command(head+"text", respond, exit3), contract.ChildLimits{}, 200, "exited with status 3"},
	} {
		url, log := serve(t, c.module, &wasm.Host{Limits: c.limits})
		status, body, err := get(t, url)
		if status != c.status || err != nil || !strings.Contains(log.String(), c.log) {
			t.Errorf("%s: status %d %.50q %v, log %q; want %d and %q", what, status, body, err, log, c.status, c.log)
		}
	}
}

// A URL path that would end a variable of an instance, and more headers than can be passed on in a short time, are
// refused.
func TestRefused(t *testing.T) {
	url, _ := serve(t, command("Status: 200 OK\n\n", respond), &wasm.Host{})
	if status, _, err := get(t, url+"/a%00REQUEST_METHOD=DELETE"); status != http.StatusBadRequest || err != nil {
		t.Errorf("a path with a NUL: status %d %v, want 400", status, err)
	}
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 1001 {
		r.Header.Set(fmt.Sprint("X-", i), "a")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("1001 headers: status %d, want 431", resp.StatusCode)
	}
}

// A response that was sent in part is broken off, so that the client does not take it for complete.
func TestBrokenOff(t *testing.T) {
	for what, m := range map[string]module{
		"trap":  command("Status: 200 OK\n\n"+strings.Repeat("x", 20_000), respond, trap),
		"hangs": command("Status: 200 OK\n\n"+strings.Repeat("x", 20_000), respond, forever),
	} {
		url, _ := serve(t, m, &wasm.Host{Limits: contract.ChildLimits{Idle: 200 * time.Millisecond}})
		if status, body, err := get(t, url); err == nil {
			t.Errorf("%s: status %d with %d bytes, want an error", what, status, len(body))
		}
	}
}

// A client that does not read its response does not keep an instance for longer than the time limit.
func TestClientThatDoesNotRead(t *testing.T) {
	endless := program{0x03, 0x40}.and(respond, program{0x0c, 0x00, 0x0b}) // loop … br 0 end
	m := command("Status: 200 OK\n\n"+strings.Repeat("x", 30_000), endless)
	host, _ := opened(t, m, &wasm.Host{Limits: contract.ChildLimits{Children: 1, Response: -1, Total: time.Second}})
	s := httptest.NewServer(host)
	t.Cleanup(s.Close)
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	for host.Stats().Running == 0 {
		time.Sleep(time.Millisecond)
	}
	resp, err := http.Get(s.URL) // which waits until the only instance is free again
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if n, err := io.Copy(io.Discard, resp.Body); resp.StatusCode != http.StatusOK || err == nil {
		t.Errorf("status %d with %d bytes, %v; want a response that is broken off", resp.StatusCode, n, err)
	}
}

// An instance that fails is not called again.
func TestReplaced(t *testing.T) {
	m := command(counted, count, respond, trap)
	m.exports = []string{"serve"}
	host, log := opened(t, m, &wasm.Host{Reuse: true, Limits: contract.ChildLimits{Workers: 1}})
	for range 3 {
		w := httptest.NewRecorder()
		host.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != http.StatusBadGateway {
			t.Errorf("status %d, want 502", w.Code)
		}
	}
	if s := host.Stats(); s.Failed != 3 || s.Running != 0 {
		t.Errorf("%+v, want 3 failed\n%s", s, log)
	}
}

// An instance whose program has exited after its response is not called again.
func TestExited(t *testing.T) {
	m := command(counted, count, respond, exit3)
	m.exports = []string{"serve"}
	host, log := opened(t, m, &wasm.Host{Reuse: true, Limits: contract.ChildLimits{Workers: 1}})
	for range 3 {
		w := httptest.NewRecorder()
		host.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != http.StatusOK || !strings.HasSuffix(w.Body.String(), "1") {
			t.Errorf("status %d, %q; want the first response of an instance\n%s", w.Code, w.Body, log)
		}
	}
}

// The memory of instances is bounded, and is given back.
func TestMemory(t *testing.T) {
	host, log := opened(t, command(counted, grow, respond), &wasm.Host{Limits: contract.ChildLimits{Memory: 8 << 20}})
	for range 100 {
		w := httptest.NewRecorder()
		host.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code != http.StatusOK {
			t.Fatalf("status %d\n%s", w.Code, log)
		}
	}
	if n := host.Stats().PeakMemoryBytes; n > 8<<20 || n <= 0 {
		t.Errorf("an instance had %d bytes, want at most 8 MiB", n)
	}
	free, _ := opened(t, command(counted, grow, respond), &wasm.Host{})
	w := httptest.NewRecorder()
	free.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if n := free.Stats().PeakMemoryBytes; n < 1000<<16 {
		t.Errorf("an instance without a limit had %d bytes, want those that it asked for", n)
	}
}

// More requests than the queue has places get status 503.
func TestQueue(t *testing.T) {
	m := command(counted, forever)
	url, _ := serve(t, m, &wasm.Host{Limits: contract.ChildLimits{Children: 1, Queue: -1, Idle: 500 * time.Millisecond}})
	var mu sync.Mutex
	statuses := map[int]int{}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			status, _, _ := get(t, url)
			mu.Lock()
			statuses[status]++
			mu.Unlock()
		})
	}
	all.Wait()
	if statuses[http.StatusServiceUnavailable] != 3 || statuses[http.StatusGatewayTimeout] != 1 {
		t.Errorf("statuses %v, want 503 three times and 504 once", statuses)
	}
}

// Compiled code is loaded from the cache, in which no other user must be able to write.
func TestCache(t *testing.T) {
	dir := t.TempDir() + "/cache"
	opened(t, command(counted, respond), &wasm.Host{Cache: dir})
	if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
		t.Errorf("the cache has %d entries, %v", len(entries), err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	h := &wasm.Host{Path: written(t, command(counted, respond).build()), Cache: dir}
	if err := h.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "chmod go-w") {
		t.Errorf("a cache that others can write to: %v", err)
	}
}
