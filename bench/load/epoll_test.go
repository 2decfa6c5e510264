//go:build linux

package load_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"forktax/bench/load"
	"forktax/bench/plan"
	"forktax/bench/record"
	"forktax/workload/contract"
)

func TestEpollResponses(t *testing.T) {
	sum := sha256.Sum256([]byte(long))
	digest := hex.EncodeToString(sum[:])
	for name, c := range map[string]struct {
		request contract.Request
		handler http.HandlerFunc
		bytes   int64
	}{
		"a length": {
			request: contract.Request{Want: contract.Want{Body: "hello\n", Headers: map[string]string{"content-length": "6"}}},
			handler: helloHandler,
			bytes:   6,
		},
		"HEAD": {
			request: contract.Request{Method: "HEAD"},
			handler: helloHandler,
		},
		"304": {
			request: contract.Request{Headers: map[string]string{"If-None-Match": "x"}, Want: contract.Want{Status: 304}},
			handler: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("If-None-Match") == "x" {
					w.WriteHeader(304)
				}
			},
		},
		"chunks": {
			request: contract.Request{Want: contract.Want{Body: "hello\n"}},
			handler: func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "hel")
				w.(http.Flusher).Flush()
				io.WriteString(w, "lo\n")
			},
			bytes: 6,
		},
		"interim responses": {
			request: contract.Request{Want: contract.Want{Body: "hello\n"}},
			handler: func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(103)
				w.WriteHeader(103)
				io.WriteString(w, "hello\n")
			},
			bytes: 6,
		},
		"a long response": {
			request: contract.Request{Want: contract.Want{BodySHA256: digest}},
			handler: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, long) },
			bytes:   int64(len(long)),
		},
		"a form": {
			request: contract.Request{Method: "POST", Path: "/sign?x=1", Body: "name=a", Headers: map[string]string{
				"Content-Type": "application/x-www-form-urlencoded"}, Want: contract.Want{Status: 201, Body: "a1"}},
			handler: func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(201)
				io.WriteString(w, r.PostFormValue("name")+r.FormValue("x"))
			},
			bytes: 2,
		},
		"a long request": {
			request: contract.Request{Method: "PUT", Body: long, Want: contract.Want{Body: digest}},
			handler: func(w http.ResponseWriter, r *http.Request) {
				h := sha256.New()
				io.Copy(h, r.Body)
				io.WriteString(w, hex.EncodeToString(h.Sum(nil)))
			},
			bytes: 64,
		},
		"a host of its own": {
			request: contract.Request{Headers: map[string]string{"host": "example.org"},
				Want: contract.Want{Body: "example.org"}},
			handler: func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Host) },
			bytes:   11,
		},
		"no headers but Host": {
			request: contract.Request{Want: contract.Want{Body: "0"}},
			handler: func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, string(rune('0'+len(r.Header))))
			},
			bytes: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, conns := counted(t, c.handler)
			v := clients(url, 2, 12)
			v.Request = c.request
			seen := run(t, &load.Epoll{Sample: 3}, v)
			if len(seen) != 12 {
				t.Errorf("%d observations, want 12", len(seen))
			}
			for _, o := range seen {
				if o.Err != "" || o.Bytes != c.bytes || o.Status != c.request.Want.StatusCode() || o.FirstByte == 0 {
					t.Fatalf("observed %+v, want status %d and %d bytes", o, c.request.Want.StatusCode(), c.bytes)
				}
				if o.Intended != o.Sent {
					t.Errorf("intended at %v and sent at %v, want equal times in a closed loop", o.Intended, o.Sent)
				}
			}
			if n := conns.Load(); n != 2 {
				t.Errorf("%d connections, want 2", n)
			}
		})
	}
}

func TestEpollNoReuse(t *testing.T) {
	url, conns := counted(t, helloHandler)
	v := clients(url, 3, 50)
	v.Load.NoReuse = true
	seen := run(t, new(load.Epoll), v)
	if diff := cmp.Diff(map[string]int{"": 50}, seen.classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	if n := conns.Load(); n != 50 {
		t.Errorf("%d connections for 50 requests, want 50", n)
	}
}

func TestEpollTiming(t *testing.T) {
	url, _ := counted(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server-Timing", "spawn;dur=1.5, handle;dur=0.25")
	})
	for _, o := range run(t, new(load.Epoll), clients(url, 1, 3)) {
		if want := (contract.Timing{contract.PhaseSpawn: 1_500_000, contract.PhaseHandle: 250_000}); o.Timing != want {
			t.Errorf("timing %v, want %v", o.Timing, want)
		}
	}
}

// Responses that end with the connection, and HTTP/1.0 servers, need a connection per request.
func TestEpollServerCloses(t *testing.T) {
	for name, text := range map[string]string{
		"until the end":     "HTTP/1.1 200 OK\r\n\r\nhello\n",
		"HTTP/1.0":          "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n",
		"Connection: close": "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 6\r\n\r\nhello\n",
		"no announcement":   hello,
	} {
		url := serve(t, func(c *net.TCPConn, r *bufio.Reader) {
			if asked(r) {
				io.WriteString(c, text)
			}
		})
		v := clients(url, 2, 20)
		v.Request.Want.Body = "hello\n"
		seen := run(t, new(load.Epoll), v)
		if diff := cmp.Diff(map[string]int{"": 20}, seen.classes()); diff != "" {
			t.Errorf("%s: classes (-want +got):\n%s", name, diff)
		}
	}
}

// If a server closes the connection on the second request, the client assumes that the server did not receive it.
func TestEpollSendsAgain(t *testing.T) {
	second := func(c *net.TCPConn, r *bufio.Reader) {
		if asked(r) {
			io.WriteString(c, hello)
			asked(r)
		}
	}
	v := clients(serve(t, second), 1, 10)
	if diff := cmp.Diff(map[string]int{"": 10}, run(t, new(load.Epoll), v).classes()); diff != "" {
		t.Errorf("GET: classes (-want +got):\n%s", diff)
	}
	v.Request.Method, v.Request.Body = "POST", "x"
	if diff := cmp.Diff(map[string]int{"": 5, record.ErrClosed: 5}, run(t, new(load.Epoll), v).classes()); diff != "" {
		t.Errorf("POST: classes (-want +got):\n%s", diff)
	}
}

func TestEpollWrongResponses(t *testing.T) {
	for name, c := range map[string]struct {
		want contract.Want
		err  string
	}{
		"status":  {contract.Want{Status: 201}, record.ErrWrongStatus},
		"length":  {contract.Want{Body: "hello"}, record.ErrWrongBody},
		"body":    {contract.Want{Body: "hallo\n"}, record.ErrWrongBody},
		"sum":     {contract.Want{BodySHA256: strings.Repeat("0", 64)}, record.ErrWrongBody},
		"headers": {contract.Want{Headers: map[string]string{"X-Model": "cgi"}}, record.ErrWrongHeader},
	} {
		v := clients(serve(t, replies(hello)), 1, 5)
		v.Request.Want = c.want
		if diff := cmp.Diff(map[string]int{c.err: 5}, run(t, new(load.Epoll), v).classes()); diff != "" {
			t.Errorf("%s: classes (-want +got):\n%s", name, diff)
		}
	}
}

// A wrong body of the correct length is detected only in the sample; a wrong length in every response.
func TestEpollSample(t *testing.T) {
	n := 0
	url := serve(t, func(c *net.TCPConn, r *bufio.Reader) {
		for ; asked(r); n++ {
			switch {
			case n == 3:
				io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
			case n == 0 || n > 10:
				io.WriteString(c, hello)
			default:
				io.WriteString(c, strings.Replace(hello, "hello", "hallo", 1))
			}
		}
	})
	v := clients(url, 1, 20)
	v.Request.Want.Body = "hello\n"
	// Response 0 is examined and correct. Response 5 is examined next and is wrong, as are all up to response 10.
	got := run(t, &load.Epoll{Sample: 5}, v)
	for i, o := range got {
		if wrong := i == 3 || i >= 5 && i <= 10; wrong != (o.Err == record.ErrWrongBody) {
			t.Errorf("response %d has class %q", i, o.Err)
		}
	}
}

func TestEpollCores(t *testing.T) {
	url, conns := counted(t, helloHandler)
	for _, c := range []struct{ cores, clients, requests, conns int }{{2, 5, 101, 5}, {4, 2, 7, 2}} {
		conns.Store(0)
		seen := run(t, &load.Epoll{Cores: c.cores}, clients(url, c.clients, c.requests))
		if diff := cmp.Diff(map[string]int{"": c.requests}, seen.classes()); diff != "" {
			t.Errorf("%+v: classes (-want +got):\n%s", c, diff)
		}
		if got := int(conns.Load()); got != c.conns {
			t.Errorf("%+v: %d connections", c, got)
		}
	}
}

func TestEpollLength(t *testing.T) {
	url, _ := counted(t, helloHandler)
	v := clients(url, 4, 0)
	v.Length = 50 * time.Millisecond
	seen := run(t, new(load.Epoll), v)
	if len(seen) < 4 {
		t.Errorf("%d observations of 4 clients in %v", len(seen), v.Length)
	}
	for _, o := range seen {
		if o.Sent >= v.Length+time.Second { // the clock advances between the check and the timestamp
			t.Errorf("a request began at %v, after the end", o.Sent)
		}
	}
}

// mallocs returns the number of objects that a block of n requests allocates.
func mallocs(t *testing.T, e *load.Epoll, v load.Visit, n int) uint64 {
	t.Helper()
	v.MinRequests = n
	var before, after runtime.MemStats
	var seen [1]int
	runtime.ReadMemStats(&before)
	if err := e.Run(t.Context(), v, count{&seen[0]}); err != nil || seen[0] != n {
		t.Fatalf("Run: %d of %d observations: %v", seen[0], n, err)
	}
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}

// A count is a recorder that counts observations.
type count struct{ n *int }

func (c count) Observe(batch []record.Observation) { *c.n += len(batch) }

func TestEpollAllocatesNothing(t *testing.T) {
	url := serve(t, func(c *net.TCPConn, _ *bufio.Reader) { // also allocates nothing
		request, response := make([]byte, 4096), []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"+
			"Server-Timing: open;dur=1\r\n\r\n6\r\nhello\n\r\n0\r\n\r\n")
		for {
			if n, err := c.Read(request); err != nil || n == len(request) {
				return
			}
			c.Write(response[:20]) // in two parts: the second line is split
			c.Write(response[20:])
		}
	})
	var e load.Epoll
	v := clients(url, 4, 0)
	v.Request.Want.BodySHA256 = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"
	mallocs(t, &e, v, 5000) // allocates the buffers
	few, many := mallocs(t, &e, v, 100), mallocs(t, &e, v, 5000)
	if many > few+100 {
		t.Errorf("100 requests allocate %d objects, 5000 allocate %d, want no increase", few, many)
	}
}

func TestEpollImpossible(t *testing.T) {
	url, conns := counted(t, helloHandler)
	for name, c := range map[string]struct {
		change func(v *load.Visit)
		text   string // text of the error
	}{
		"https":           {func(v *load.Visit) { v.URL = "https://127.0.0.1:1" }, "use the hey engine"},
		"another scheme":  {func(v *load.Visit) { v.URL = "ftp://127.0.0.1" }, "http://host:port"},
		"no host":         {func(v *load.Visit) { v.URL = "http://" }, "http://host:port"},
		"no such host":    {func(v *load.Visit) { v.URL = "http://nowhere.invalid" }, "nowhere.invalid"},
		"an invalid port": {func(v *load.Visit) { v.URL = "http://127.0.0.1:70000" }, "70000"},
		"a bad method":    {func(v *load.Visit) { v.Request.Method = "G T" }, "G T"},
		"a bad sum":       {func(v *load.Visit) { v.Request.Want.BodySHA256 = "abc" }, "body_sha256"},
		"no kind":         {func(v *load.Visit) { v.Load.Kind = "" }, "kind"},
		"no client":       {func(v *load.Visit) { v.Load.Concurrency = 0 }, "concurrency"},
		"no rate":         {func(v *load.Visit) { v.Load.Kind = plan.Open }, "rate"},
		"files":           {func(v *load.Visit) { v.Load.Concurrency = 1 << 30 }, "ulimit -n 10737"},
		"ports":           {func(v *load.Visit) { v.Load.Concurrency = 1 << 30 }, "net.ipv4.ip_local_port_range"},
	} {
		v := clients(url, 1, 1)
		c.change(&v)
		var seen observations
		if err := new(load.Epoll).Run(t.Context(), v, &seen); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: Run = %v, want an error with %q", name, err, c.text)
		}
		if len(seen) != 0 || conns.Load() != 0 {
			t.Errorf("%s: %d observations and %d connections before the error", name, len(seen), conns.Load())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := new(load.Epoll).Run(ctx, clients(url, 1, 1), new(observations)); !errors.Is(err, context.Canceled) {
		t.Errorf("Run with an ended context: %v", err)
	}
}

func TestEpollName(t *testing.T) {
	url, _ := counted(t, helloHandler) // listens on 127.0.0.1 only; localhost is also ::1
	v := clients(strings.Replace(url, "127.0.0.1", "localhost", 1), 1, 3)
	if diff := cmp.Diff(map[string]int{"": 3}, run(t, new(load.Epoll), v).classes()); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
}
